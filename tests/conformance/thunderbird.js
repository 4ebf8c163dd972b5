/* What a person does in Thunderbird's calendar, through the objects behind its windows. Calendars go by their names. */
/* global ChromeUtils, Ci, Services */

const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const { CalEvent } = ChromeUtils.importESModule("resource:///modules/CalEvent.sys.mjs");
const { CalTodo } = ChromeUtils.importESModule("resource:///modules/CalTodo.sys.mjs");

function mainWindow() {
  return Services.wm.getMostRecentWindow("mail:3pane");
}

function isReady() {
  return Boolean(mainWindow()?.document.getElementById("calendar-list") && mainWindow().gCalendarStatusFeedback);
}

/** What the dialogue for a new calendar does with a login, a password and a location, password saved. */
async function found(login, password, location) {
  const byProvider = await cal.provider.detection.detect(login, password, location, true, [], {});
  return [...byProvider.entries()].flatMap(([provider, calendars]) => (provider.type == "caldav" ? calendars : []));
}

async function detected(login, password, location) {
  return (await found(login, password, location)).map(calendar => [calendar.name, calendar.readOnly]);
}

async function subscribe(login, password, location) {
  for (const calendar of await found(login, password, location)) {
    cal.manager.registerCalendar(calendar);
  }
}

function named(name) {
  return cal.manager.getCalendars().find(calendar => calendar.name == name);
}

async function items(name) {
  const filter = Ci.calICalendar.ITEM_FILTER_TYPE_ALL | Ci.calICalendar.ITEM_FILTER_COMPLETED_ALL;
  return named(name).getItemsAsArray(filter, 0, null, null);
}

async function titles(name) {
  return (await items(name)).map(item => [item.id, item.title]);
}

/** The days of one year on which an event stands in the grid of days. */
async function days(name, id, year) {
  const [from, to] = [`${year}0101T000000Z`, `${year + 1}0101T000000Z`].map(each => cal.createDateTime(each));
  const shown = await named(name).getItemsAsArray(
    Ci.calICalendar.ITEM_FILTER_TYPE_EVENT | Ci.calICalendar.ITEM_FILTER_CLASS_OCCURRENCES, 0, from, to
  );
  return shown.filter(item => item.id == id).map(item => item.startDate.icalString).sort();
}

async function add(name, text) {
  await named(name).addItem(text.includes("BEGIN:VTODO") ? new CalTodo(text) : new CalEvent(text));
}

async function change(name, id, alter) {
  const before = await named(name).getItem(id);
  const after = before.clone();
  alter(after);
  await named(name).modifyItem(after, before);
}

async function retitle(name, id, title) {
  await change(name, id, item => (item.title = title));
}

async function retitleOne(name, id, day, title) {
  await change(name, id, item => {
    const one = item.recurrenceInfo.getOccurrenceFor(cal.createDateTime(day)).clone();
    one.title = title;
    item.recurrenceInfo.modifyException(one, true);
  });
}

async function complete(name, id) {
  await change(name, id, item => (item.isCompleted = true));
}

async function remove(name, id) {
  await named(name).deleteItem(await named(name).getItem(id));
}

function refresh(name) {
  named(name).refresh();
}

/** The calendars of servers that are shown in the list beside the days, by whether there is a padlock to each. */
function padlocks() {
  const rows = [...mainWindow().document.querySelectorAll("#calendar-list > li")];
  const shown = rows.map(row => [cal.manager.getCalendarById(row.getAttribute("calendar-id")), row]);
  return Object.fromEntries(
    shown.filter(([one]) => one.type == "caldav").map(([one, row]) => [one.name, row.hasAttribute("calendar-readonly")])
  );
}

/** Whether nothing can be written to a calendar: by its own word, and by what its windows ask. */
function isReadOnly(name) {
  return named(name).readOnly && !cal.acl.isCalendarWritable(named(name));
}

/** The calendars among which a person may choose for a new event. */
function offered() {
  const open = cal.manager.getCalendars().filter(cal.acl.isCalendarWritable).filter(cal.acl.userCanAddItemsToCalendar);
  return open.map(one => one.name);
}

function disabled() {
  const calendars = cal.manager.getCalendars().filter(one => one.type == "caldav");
  return calendars.filter(one => one.getProperty("disabled")).map(one => one.name);
}

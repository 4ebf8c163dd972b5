/* What ical.js, strict, makes of the files that are named: FIRST LAST FILES. Counts, what it finds at fault, and when
 * events take place from the first to before the last day; as JSON. */
const { readFileSync } = require("fs");
const ICAL = require("ical.js");

const [first, last, ...paths] = process.argv.slice(2);

/* A day, a time in UTC, or one in no zone. */
function text(time) {
  const utc = time.isDate || time.zone === ICAL.Timezone.localTimezone ? time : time.convertToZone(ICAL.Timezone.utcTimezone);
  return utc.toICALString();
}

function* times(uid, parts) {
  const master = parts.find(part => !part.hasProperty("recurrence-id"));
  if (!master) {
    for (const each of parts.map(part => new ICAL.Event(part))) {
      yield [uid, text(each.startDate), text(each.endDate)];
    }
    return;
  }
  const event = new ICAL.Event(master, { exceptions: parts.filter(part => part !== master), strictExceptions: true });
  const until = ICAL.Time.fromData({ year: +last.slice(0, 4), month: +last.slice(4, 6), day: +last.slice(6) + 60 });
  if (!event.isRecurring()) {
    yield [uid, text(event.startDate), text(event.endDate)];
    return;
  }
  const iterator = event.iterator();
  for (let next = iterator.next(); next && next.compare(until) < 0; next = iterator.next()) {
    const { startDate, endDate } = event.getOccurrenceDetails(next);
    yield [uid, text(startDate), text(endDate)];
  }
}

function read(path) {
  const answer = { faults: [], counts: {}, times: null };
  ICAL.TimezoneService.reset();
  try {
    const calendar = new ICAL.Component(ICAL.parse(readFileSync(path, "utf-8")));
    for (const zone of calendar.getAllSubcomponents("vtimezone")) {
      ICAL.TimezoneService.register(zone);
    }
    const events = {};
    for (const part of calendar.getAllSubcomponents()) {
      const name = part.name.toUpperCase();
      answer.counts[name] = (answer.counts[name] ?? 0) + 1;
      if (name == "VEVENT") {
        (events[part.getFirstPropertyValue("uid")] ??= []).push(part);
      }
    }
    const found = Object.entries(events).flatMap(([uid, parts]) => [...times(uid, parts)]);
    answer.times = found.filter(([, start]) => first <= start.slice(0, 8) && start.slice(0, 8) < last);
  } catch (error) {
    answer.faults.push(`${error}`);
  }
  return answer;
}

ICAL.design.strict = true;
process.stdout.write(JSON.stringify(Object.fromEntries(paths.map(path => [path, read(path)]))));

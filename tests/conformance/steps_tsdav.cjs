/* What tsdav is asked to do, run with its environment's node_modules: URL LOGIN PASSWORD STEP ARGUMENTS, as JSON. */
const { DAVClient } = require("tsdav");

const [serverUrl, username, password, step, given] = process.argv.slice(2);

async function client() {
  const one = new DAVClient({
    serverUrl,
    credentials: { username, password },
    authMethod: "Basic",
    defaultAccountType: "caldav",
  });
  await one.login();
  return one;
}

async function calendar(one, slug) {
  return (await one.fetchCalendars()).find(each => each.url.endsWith(`/${slug}/`));
}

const STEPS = {
  async calendars() {
    const found = await (await client()).fetchCalendars();
    return found.map(each => ({ name: each.displayName, colour: each.calendarColor, components: each.components }));
  },

  /** The paths of a calendar's events, between two moments where they are given, and their texts. */
  async objects(slug, timeRange) {
    const one = await client();
    const found = await one.fetchCalendarObjects({ calendar: await calendar(one, slug), timeRange });
    return Object.fromEntries(found.map(each => [new URL(each.url).pathname, each.data]));
  },

  async create(slug, filename, iCalString) {
    const one = await client();
    const answer = await one.createCalendarObject({ calendar: await calendar(one, slug), filename, iCalString });
    return answer.status;
  },

  async update(path, data, etag) {
    const one = await client();
    const url = new URL(path, serverUrl).href;
    return (await one.updateCalendarObject({ calendarObject: { url, data, etag } })).status;
  },

  async remove(path, etag) {
    const one = await client();
    const url = new URL(path, serverUrl).href;
    return (await one.deleteCalendarObject({ calendarObject: { url, etag } })).status;
  },

  /** What a synchronisation brings of what happens between it and the one before: the paths that it names. */
  async synchronised(slug, before, after) {
    const one = await client();
    await one.createCalendarObject({ calendar: await calendar(one, slug), filename: "avant.ics", iCalString: before });
    const known = await calendar(one, slug);
    known.objects = await one.fetchCalendarObjects({ calendar: known });
    await one.createCalendarObject({ calendar: known, filename: "apres.ics", iCalString: after });
    await one.deleteCalendarObject({ calendarObject: { url: `${known.url}avant.ics` } });
    const told = await one.smartCollectionSync({
      collection: { ...known, objectMultiGet: asked => one.calendarMultiGet(asked) },
      method: "webdav",
      detailedResult: true,
    });
    const paths = list => list.map(each => new URL(each.url).pathname);
    const { created, updated, deleted } = told.objects;
    return { created: paths(created), updated: paths(updated), deleted: paths(deleted) };
  },

  /** Which of the calendars that a client knew have changed since. */
  async changedCalendars(slug, text) {
    const one = await client();
    const oldCalendars = await one.fetchCalendars();
    for (const each of oldCalendars) {
      each.objects = await one.fetchCalendarObjects({ calendar: each });
    }
    const changed = oldCalendars.find(each => each.url.endsWith(`/${slug}/`));
    await one.createCalendarObject({ calendar: changed, filename: "calendrier.ics", iCalString: text });
    const { created, updated, deleted } = await one.syncCalendars({ oldCalendars, detailedResult: true });
    return { created: created.length, updated: updated.map(each => each.displayName), deleted: deleted.length };
  },
};

STEPS[step](...JSON.parse(given)).then(
  told => process.stdout.write(JSON.stringify(told ?? null)),
  error => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
);

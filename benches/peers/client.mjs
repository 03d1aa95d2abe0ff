// The official TypeScript client, used as its README shows.
//
// `client.mjs URL CONTACTS` reads lines of a case and a number of calls. For each line it prints the elapsed time and
// the CPU time in nanoseconds, like `bench-client`.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';

import SendblueAPI from 'sendblue';

const [url, count] = process.argv.slice(2);
const contacts = Number(count);
const client = new SendblueAPI({ apiKey: 'key-id', apiSecret: 'secret-key', baseURL: url });
const unknownNumber = `+1415${count.padStart(7, '0')}`;

async function list(limit) {
  assert.equal((await client.contacts.list({ limit })).length, Math.min(limit, contacts));
}

const CASES = {
  async retrieve() {
    assert.equal((await client.contacts.retrieve('+14150000000')).contact.phone, '+14150000000');
  },
  async 'not-found'() {
    try {
      await client.contacts.retrieve(unknownNumber);
    } catch (error) {
      assert(error instanceof SendblueAPI.NotFoundError, error);
      assert(error.error.error_message);
      return;
    }
    assert.fail('the contact exists');
  },
  async create() {
    const created = await client.contacts.create({
      number: '+14150000000',
      first_name: 'Grace',
      last_name: 'Hopper',
      tags: ['newsletter'],
    });
    assert.equal(created.contact.phone, '+14150000000');
  },
  'list-100': () => list(100),
  'list-1000': () => list(1000),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, calls] = line.split(' ');
  const run = CASES[name];
  const [started, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  for (let call = 0; call < Number(calls); call += 1) {
    await run();
  }
  const [elapsed, { user, system }] = [process.hrtime.bigint() - started, process.cpuUsage(cpu)];
  console.log(`${elapsed} ${(user + system) * 1000}`);
}

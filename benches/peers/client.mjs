// The official TypeScript client, as its README shows it, told what to do as `bench-client` is: `client.mjs URL CONTACTS`.
//
// It reads lines of a case and how often to do it, and answers each with the nanoseconds that passed and those that the
// processor was busy with it.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';

import SendblueAPI from 'sendblue';

const [url, count] = process.argv.slice(2);
const contacts = Number(count);
const client = new SendblueAPI({ apiKey: 'key-id', apiSecret: 'secret-key', baseURL: url });
const absent = `+1415${count.padStart(7, '0')}`;

async function list(limit) {
  assert.equal((await client.contacts.list({ limit })).length, Math.min(limit, contacts));
}

const CASES = {
  async retrieve() {
    assert.equal((await client.contacts.retrieve('+14150000000')).contact.phone, '+14150000000');
  },
  async missing() {
    try {
      await client.contacts.retrieve(absent);
    } catch (error) {
      assert(error instanceof SendblueAPI.NotFoundError, error);
      assert(error.error.error_message);
      return;
    }
    assert.fail('it is there');
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
  const [name, times] = line.split(' ');
  const work = CASES[name];
  const [started, busy] = [process.hrtime.bigint(), process.cpuUsage()];
  for (let done = 0; done < Number(times); done += 1) {
    await work();
  }
  const [passed, { user, system }] = [process.hrtime.bigint() - started, process.cpuUsage(busy)];
  console.log(`${passed} ${(user + system) * 1000}`);
}

// The official SDKs before a gateway that makes streams of whole answers that it has kept, and whole answers of streams: they
// must not be able to tell. Prints a line a check and, last, "N passed, N failed"; exits with 1 if one failed.
//
//   node cache.mjs --openai http://127.0.0.1:8080/v1 --anthropic http://127.0.0.1:8080 --key K
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const { values: options } = parseArgs({
  options: { openai: { type: 'string' }, anthropic: { type: 'string' }, key: { type: 'string' } },
});
const schema = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] };
const caches = [];
const seen = async (url, init) => {
  const response = await fetch(url, init);
  caches.push(response.headers.get('x-cache'));
  return response;
};
const openai = new OpenAI({ baseURL: options.openai, apiKey: options.key, maxRetries: 0, fetch: seen });
const anthropic = new Anthropic({ baseURL: options.anthropic, apiKey: options.key, maxRetries: 0, fetch: seen });

let passed = 0;
let failed = 0;

async function check(name, body) {
  try {
    caches.length = 0;
    await body();
    assert.deepEqual(caches, ['MISS', 'HIT', 'HIT']);
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).replaceAll('\n', '\n      ')}`);
  }
}

// What the helpers add, and what only a stream or only an answer has, says nothing of the answer.
function plainChat(answer) {
  const added = ['parsed', 'parsed_arguments'];
  return JSON.parse(JSON.stringify(answer, (name, value) => (added.includes(name) ? undefined : value)));
}

const chat = {
  whole: (body) => openai.chat.completions.create(body),
  stream: (body) =>
    openai.chat.completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion(),
  same(one, other) {
    const [a, b] = [plainChat(one), plainChat(other)];
    assert.equal(a.id, b.id);
    assert.equal(a.model, b.model);
    assert.deepEqual(a.usage, b.usage);
    for (const [i, choice] of a.choices.entries()) {
      assert.equal(choice.finish_reason, b.choices[i].finish_reason);
      assert.equal(choice.message.content, b.choices[i].message.content);
      assert.deepEqual(choice.message.tool_calls ?? [], b.choices[i].message.tool_calls ?? []);
    }
  },
};
const message = {
  whole: (body) => anthropic.messages.create(body),
  stream: (body) => anthropic.messages.stream(body).finalMessage(),
  same(one, other) {
    const [a, b] = [JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other))];
    assert.equal(a.id, b.id);
    assert.equal(a.model, b.model);
    assert.equal(a.stop_reason, b.stop_reason);
    assert.equal(a.stop_sequence, b.stop_sequence);
    assert.deepEqual(a.content, b.content);
    assert.equal(a.usage.input_tokens, b.usage.input_tokens);
    assert.equal(a.usage.output_tokens, b.usage.output_tokens);
  },
};
const bodies = {
  chat: (text) => ({ model: 'mock', messages: [{ role: 'user', content: text }] }),
  message: (text) => ({ model: 'mock', max_tokens: 500, messages: [{ role: 'user', content: text }] }),
};
const tools = {
  chat: { tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }], tool_choice: 'required' },
  message: { tools: [{ name: 'weather', input_schema: schema }], tool_choice: { type: 'any' } },
};

for (const [name, api] of Object.entries({ chat, message })) {
  for (const [what, more] of Object.entries({ text: {}, tool: tools[name] })) {
    for (const [first, second] of [['whole', 'stream'], ['stream', 'whole']]) {
      await check(`${name}: a ${what} that was asked for as ${first} is the same as ${second}`, async () => {
        const body = { ...bodies[name](`Ångström says "你好" 👋 to ${first} ${what}`), ...more };
        const one = await api[first](body);
        const other = await api[second](body);
        api.same(one, other);
        api.same(one, await api[second](body));
      });
    }
  }
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

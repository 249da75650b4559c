// The official OpenAI and Anthropic SDKs, unchanged, against Edge's mock provider: directly, or through a gateway in front of it.
//
//   npm ci                                    once; Node 20 or newer; nothing else is needed
//   edge mock --port 9000                     or `edge demo`, or a gateway with the mock behind it
//   node run.mjs --openai http://127.0.0.1:9000/v1 --anthropic http://127.0.0.1:9000 [--key K] [--mock http://127.0.0.1:9000]
//
// --openai and --anthropic are what an application gives its SDK as base URL; leave one out to skip its checks. --key is the key
// that the server wants (any will do where it wants none). --mock is the mock itself, whatever stands before it: its statistics
// show whether a caller's leaving reached it. Prints a line a check and, last, "N passed, N failed"; exits with 1 if one failed.
//
// Expected usage follows the mock's rule: ceil(n / 4) tokens for a text of n code points (docs/mock.md).
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const { values: options } = parseArgs({
  options: { openai: { type: 'string' }, anthropic: { type: 'string' }, key: { type: 'string' }, mock: { type: 'string' } },
});
if (!options.openai && !options.anthropic) {
  console.error('usage: node run.mjs --openai BASE_URL --anthropic BASE_URL [--key K] [--mock MOCK_URL]');
  process.exit(2);
}

const CHECK_MS_MAX = 20_000;
const model = 'mock';
const question = 'Who are you? Ångström says: 你好 👋';
const messages = [{ role: 'user', content: question }];
const schema = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] };
const callArguments = { city: 'mock city', days: 42 };

const tokens = (text) => Math.ceil([...text].length / 4);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let passed = 0;
let failed = 0;

async function check(name, body) {
  let timer;
  try {
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${CHECK_MS_MAX} ms`)), CHECK_MS_MAX);
    });
    await Promise.race([body(), timeout]);
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n      ${String(error?.stack ?? error).replaceAll('\n', '\n      ')}`);
  } finally {
    clearTimeout(timer);
  }
}

async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Runs what must fail, and answers with its error. */
async function errorOf(body) {
  let value;
  try {
    value = await body();
  } catch (error) {
    return error;
  }
  assert.fail(`a clean end where an error was due: ${JSON.stringify(value)?.slice(0, 300)}`);
}

async function stats() {
  return (await fetch(new URL('/mock/stats', options.mock))).json();
}

/** Leaves a long stream after a few events, and sees that the provider was told and stops. */
async function checkAbort(begin) {
  const before = options.mock && (await stats());
  const stream = await begin();
  let events = 0;
  for await (const _ of stream) {
    if (++events === 5) stream.controller.abort();
  }
  assert.ok(events >= 5 && events < 50, `${events} events before the end`);
  if (!options.mock) return;

  let after;
  const start = Date.now();
  do {
    await sleep(20);
    after = await stats();
  } while (after.abandoned <= before.abandoned && Date.now() - start < 5_000);
  assert.equal(after.abandoned, before.abandoned + 1, 'streams that the provider saw abandoned');
  assert.equal(after.openStreams, before.openStreams, 'streams that the provider still feeds');
  assert.ok(after.tokens - before.tokens < 500, `${after.tokens - before.tokens} tokens generated for nobody`);
}

async function checkOpenAI() {
  const client = new OpenAI({ baseURL: options.openai, apiKey: options.key ?? 'any', maxRetries: 0 });
  const chat = (body) => client.chat.completions.create({ model, messages, ...body });
  const tools = [{ type: 'function', function: { name: 'weather', parameters: schema } }];
  const whole = { text: '' };

  await check('openai: a chat answer', async () => {
    const answer = await chat();
    const [choice] = answer.choices;
    whole.text = choice.message.content;
    assert.ok(whole.text.startsWith(`You said: ${question}`), whole.text);
    assert.equal(choice.finish_reason, 'stop');
    assert.equal(answer.usage.prompt_tokens, tokens(question));
    assert.equal(answer.usage.completion_tokens, tokens(whole.text));
    assert.equal(answer.usage.total_tokens, tokens(question) + tokens(whole.text));
  });

  await check('openai: the same answer as a stream', async () => {
    const chunks = await collect(await chat({ stream: true }));
    assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join(''), whole.text);
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    assert.ok(chunks.length > tokens(whole.text), 'a chunk a token');
    assert.ok(chunks.every((chunk) => chunk.usage === undefined), 'no usage that was not asked for');
  });

  await check('openai: include_usage ends a stream with its usage', async () => {
    const chunks = await collect(await chat({ stream: true, stream_options: { include_usage: true } }));
    const last = chunks.pop();
    assert.deepEqual(last.choices, []);
    assert.equal(last.usage.completion_tokens, tokens(whole.text));
    assert.ok(chunks.every((chunk) => chunk.usage === null));
  });

  await check('openai: max_tokens cuts the answer short', async () => {
    const answer = await chat({ max_tokens: 5 });
    assert.equal(answer.choices[0].finish_reason, 'length');
    assert.equal(answer.choices[0].message.content, [...whole.text].slice(0, 20).join(''));
    assert.equal(answer.usage.completion_tokens, 5);
  });

  await check('openai: a tool is called and its result is heard', async () => {
    const ask = [{ role: 'user', content: 'Use a tool.' }];
    const first = await chat({ messages: ask, tools });
    const [choice] = first.choices;
    assert.equal(choice.finish_reason, 'tool_calls');
    const [call] = choice.message.tool_calls;
    assert.equal(call.function.name, 'weather');
    assert.deepEqual(JSON.parse(call.function.arguments), callArguments);
    const result = { role: 'tool', tool_call_id: call.id, content: 'sunny' };
    const second = await chat({ messages: [...ask, choice.message, result], tools });
    assert.ok(second.choices[0].message.content.startsWith('The tool answered: sunny'));
  });

  await check('openai: a tool call as a stream', async () => {
    const stream = client.chat.completions.stream({ model, messages, tools, tool_choice: 'required' });
    let deltas = 0;
    stream.on('tool_calls.function.arguments.delta', () => deltas++);
    const answer = await stream.finalChatCompletion();
    const [call] = answer.choices[0].message.tool_calls;
    assert.deepEqual(JSON.parse(call.function.arguments), callArguments);
    assert.ok(deltas > 2, `${deltas} deltas`);
  });

  await check('openai: embeddings', async () => {
    const answer = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 8 });
    assert.equal(answer.data.length, 2);
    assert.equal(answer.data[0].embedding.length, 8);
    assert.ok(Math.abs(Math.hypot(...answer.data[0].embedding) - 1) < 1e-5, 'a unit vector');
    assert.equal(answer.usage.prompt_tokens, 2);
    const same = await client.embeddings.create({
      model: 'text-embedding-3-small', input: 'one', dimensions: 8, encoding_format: 'float',
    });
    assert.deepEqual(same.data[0].embedding.map(Math.fround), [...answer.data[0].embedding].map(Math.fround));
  });

  await check('openai: the list of models', async () => {
    const names = (await collect(await client.models.list())).map((item) => item.id);
    assert.ok(names.includes(model), names.join());
    assert.equal((await client.models.retrieve(model)).id, model);
  });

  await checkResponses(client, whole.text);

  await check('openai: leaving in mid-stream', () => checkAbort(() => chat({ model: 'mock;gap=10;tokens=2000', stream: true })));
  await checkOpenAIErrors(client, chat);
}

async function checkResponses(client, text) {
  await check('openai: a response', async () => {
    const answer = await client.responses.create({ model, input: question });
    assert.equal(answer.output_text, text);
    assert.equal(answer.status, 'completed');
    assert.equal(answer.usage.input_tokens, tokens(question));
    assert.equal(answer.usage.output_tokens, tokens(text));
  });

  await check('openai: the same response as a stream', async () => {
    const events = await collect(await client.responses.create({ model, input: question, stream: true }));
    assert.equal(events[0].type, 'response.created');
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
    const deltas = events.filter((event) => event.type === 'response.output_text.delta');
    assert.equal(deltas.map((event) => event.delta).join(''), text);
    assert.equal(events.at(-1).type, 'response.completed');
    assert.equal(events.at(-1).response.usage.output_tokens, tokens(text));
  });

  await check('openai: a response that calls a tool, streamed', async () => {
    const tools = [{ type: 'function', name: 'weather', parameters: schema, strict: false }];
    const stream = client.responses.stream({ model, input: question, tools, tool_choice: 'required' });
    const answer = await stream.finalResponse();
    const [call] = answer.output;
    assert.equal(call.type, 'function_call');
    assert.deepEqual(JSON.parse(call.arguments), callArguments);
    const result = { type: 'function_call_output', call_id: call.call_id, output: 'wet' };
    const input = [{ role: 'user', content: question }, call, result];
    const second = await client.responses.create({ model, input, tools });
    assert.ok(second.output_text.startsWith('The tool answered: wet'), second.output_text);
  });
}

async function checkOpenAIErrors(client, chat) {
  await check('openai: an unknown model is a NotFoundError', async () => {
    const error = await errorOf(() => chat({ model: 'mock-unknown' }));
    assert.ok(error instanceof OpenAI.NotFoundError, String(error));
    assert.equal(error.status, 404);
    assert.equal(error.code, 'model_not_found');
  });

  await check('openai: a request without messages is a BadRequestError', async () => {
    const error = await errorOf(() => chat({ messages: [] }));
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.equal(error.status, 400);
  });

  await check('openai: 429 is a RateLimitError', async () => {
    const error = await errorOf(() => chat({ model: 'mock-rate-limited' }));
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.equal(error.status, 429);
    assert.equal(error.headers.get('retry-after'), '1');
  });

  await check('openai: 500 is an InternalServerError', async () => {
    const error = await errorOf(() => chat({ model: 'mock-error', stream: true }));
    assert.ok(error instanceof OpenAI.InternalServerError, String(error));
    assert.equal(error.status, 500);
  });

  for (const name of ['mock-cut', 'mock-cut-inside', 'mock-reset', 'mock-bad-chunk', 'mock-error-event']) {
    await check(`openai: a stream broken by ${name} is an error`, () =>
      errorOf(async () => collect(await chat({ model: name, stream: true }))));
  }

  await check('openai: a response stream cut in the middle is an error', () =>
    errorOf(async () => collect(await client.responses.create({ model: 'mock-cut', input: question, stream: true }))));
  await check('openai: an answer cut in the middle is an error', () => errorOf(() => chat({ model: 'mock-cut' })));
}

async function checkAnthropic() {
  const client = new Anthropic({ baseURL: options.anthropic, apiKey: options.key ?? 'any', authToken: null, maxRetries: 0 });
  const create = (body) => client.messages.create({ model, messages, max_tokens: 1000, ...body });
  const tools = [{ name: 'weather', input_schema: schema }];
  const whole = { text: '' };

  await check('anthropic: a message', async () => {
    const answer = await create();
    whole.text = answer.content[0].text;
    assert.ok(whole.text.startsWith(`You said: ${question}`), whole.text);
    assert.equal(answer.stop_reason, 'end_turn');
    assert.equal(answer.usage.input_tokens, tokens(question));
    assert.equal(answer.usage.output_tokens, tokens(whole.text));
  });

  await check('anthropic: the same message as a stream', async () => {
    const events = await collect(await create({ stream: true }));
    const deltas = events.filter((event) => event.type === 'content_block_delta');
    assert.equal(deltas.map((event) => event.delta.text).join(''), whole.text);
    const types = events.map((event) => event.type).filter((type, index, all) => type !== all[index - 1] && type !== 'ping');
    assert.deepEqual(types, [
      'message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop',
    ]);
    assert.equal(events.at(-2).usage.output_tokens, tokens(whole.text));
  });

  await check('anthropic: the helper puts a stream together', async () => {
    const answer = await client.messages.stream({ model, messages, max_tokens: 1000 }).finalMessage();
    assert.equal(answer.content[0].text, whole.text);
    assert.equal(answer.usage.output_tokens, tokens(whole.text));
  });

  await check('anthropic: max_tokens cuts the message short', async () => {
    const answer = await create({ max_tokens: 5 });
    assert.equal(answer.stop_reason, 'max_tokens');
    assert.equal(answer.usage.output_tokens, 5);
  });

  await check('anthropic: a tool is called and its result is heard', async () => {
    const ask = [{ role: 'user', content: 'Use a tool.' }];
    const first = await create({ messages: ask, tools });
    assert.equal(first.stop_reason, 'tool_use');
    const [call] = first.content;
    assert.deepEqual(call.input, callArguments);
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'sunny' }] };
    const second = await create({ messages: [...ask, { role: 'assistant', content: first.content }, result], tools });
    assert.ok(second.content[0].text.startsWith('The tool answered: sunny'), second.content[0].text);
  });

  await check('anthropic: a tool call as a stream', async () => {
    const stream = client.messages.stream({ model, messages, max_tokens: 1000, tools, tool_choice: { type: 'any' } });
    let deltas = 0;
    stream.on('inputJson', () => deltas++);
    const answer = await stream.finalMessage();
    assert.equal(answer.stop_reason, 'tool_use');
    assert.deepEqual(answer.content[0].input, callArguments);
    assert.ok(deltas > 2, `${deltas} deltas`);
  });

  await check('anthropic: tokens are counted', async () => {
    const count = await client.messages.countTokens({ model, messages, system: 'Be brief.' });
    assert.equal(count.input_tokens, tokens(question) + tokens('Be brief.'));
  });

  await check('anthropic: leaving in mid-stream', () =>
    checkAbort(() => create({ model: 'mock;gap=10;tokens=2000', max_tokens: 4000, stream: true })));
  await checkAnthropicErrors(create);
}

async function checkAnthropicErrors(create) {
  await check('anthropic: an unknown model is a NotFoundError', async () => {
    const error = await errorOf(() => create({ model: 'mock-unknown' }));
    assert.ok(error instanceof Anthropic.NotFoundError, String(error));
    assert.equal(error.status, 404);
    assert.equal(error.error.error.type, 'not_found_error');
  });

  await check('anthropic: a request without max_tokens is a BadRequestError', async () => {
    const error = await errorOf(() => create({ max_tokens: undefined }));
    assert.ok(error instanceof Anthropic.BadRequestError, String(error));
    assert.equal(error.status, 400);
  });

  await check('anthropic: 429 is a RateLimitError', async () => {
    const error = await errorOf(() => create({ model: 'mock-rate-limited' }));
    assert.ok(error instanceof Anthropic.RateLimitError, String(error));
    assert.equal(error.status, 429);
  });

  await check('anthropic: 529 is an InternalServerError', async () => {
    const error = await errorOf(() => create({ model: 'mock-overloaded' }));
    assert.ok(error instanceof Anthropic.InternalServerError, String(error));
    assert.equal(error.status, 529);
  });

  for (const name of ['mock-cut', 'mock-cut-inside', 'mock-reset', 'mock-bad-chunk', 'mock-error-event']) {
    await check(`anthropic: a stream broken by ${name} is an error`, () =>
      errorOf(async () => collect(await create({ model: name, stream: true }))));
  }

  await check('anthropic: a message cut in the middle is an error', () => errorOf(() => create({ model: 'mock-cut' })));
}

if (options.openai) await checkOpenAI();
if (options.anthropic) await checkAnthropic();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

// Runs one programme of calls with Anthropic's client.
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { all, apiKey, baseURL, broken, bytes, call, hangUp, note, recordingFetch } from './recording.mjs';

const options = { baseURL, apiKey, fetch: recordingFetch };
const client = new Anthropic({ ...options, maxRetries: 0 });
const patient = new Anthropic({ ...options, maxRetries: 2 });

const messages = [{ role: 'user', content: 'Grüezi 👋 \u2028 "quoted"' }];
const asked = { model: 'claude-sonnet-4-5', max_tokens: 2000, messages };
const weather = { name: 'weather', description: 'of a city', input_schema: { type: 'object', properties: { city: { type: 'string' } } } };
const thinking = { type: 'enabled', budget_tokens: 1024 };
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

async function conversations() {
  await call('message', () => client.messages.create(asked));
  await call('message with tools', () => client.messages.create({ ...asked, tools: [weather], tool_choice: { type: 'any' } }));
  await call('message with thoughts', () => client.messages.create({ ...asked, thinking }));
  await call('message by a schema', () =>
    client.messages.parse({ ...asked, output_config: { format: { type: 'json_schema', schema } } }));
  await call('message with what is unknown', () =>
    client.messages.create({ ...asked, of_tomorrow: { deep: [1, 2.5, 1e300] } }, { headers: { 'anthropic-beta': 'of-tomorrow-2099' } }));
  await all('message stream', () => client.messages.create({ ...asked, stream: true }));
  await all('message stream with tools', () => client.messages.create({ ...asked, stream: true, tools: [weather] }));
  await all('message stream with thoughts', () => client.messages.create({ ...asked, stream: true, thinking }));
  await call('message stream gathered', () => client.messages.stream({ ...asked, thinking, tools: [weather] }).finalMessage());
  await all('message that runs its tools', () =>
    client.beta.messages.toolRunner({
      ...asked,
      tools: [{ ...weather, type: 'custom', run: ({ city }) => 'sunny in ' + city, parse: (input) => input }],
    }));
  await call('tokens counted', () => client.messages.countTokens({ model: asked.model, messages }));
  await call('beta message', () => client.beta.messages.create({ ...asked, betas: ['context-1m-2025-08-07'] }));
  await all('beta message stream', () => client.beta.messages.create({ ...asked, stream: true, betas: ['a', 'b'] }));
  await call('models', async () => (await client.models.list()).data[0].type);
  await call('model', () => client.models.retrieve('claude-sonnet-4-5'));
}

async function stored() {
  const { batches } = client.messages;
  await call('batch', () => batches.create({ requests: [{ custom_id: 'ü', params: asked }] }));
  await call('batch retrieved', () => batches.retrieve('msgbatch_1'));
  await all('batches', () => batches.list());
  await call('batch cancelled', () => batches.cancel('msgbatch_1'));
  await call('results that are not there yet', () => batches.results('msgbatch_1'));
  await call('batch deleted', () => batches.delete('msgbatch_1'));
  const { files } = client.beta;
  await call('file', async () =>
    files.upload({ file: await toFile(Buffer.from('zwölf'), 'grüße "an" 日本.txt', { type: 'text/plain' }) }));
  await all('files', () => files.list());
  await call('file described', () => files.retrieveMetadata('file_2'));
  await bytes('content of a file', () => files.download('file_1'));
  await call('file deleted', () => files.delete('file_1'));
}

async function failures() {
  const failing = (what) => ({ ...asked, model: 'fail-' + what });
  for (const what of ['400', '401', '403', '404', '413', '429', '500', '529']) {
    await call('message answered ' + what, () => client.messages.create(failing(what)));
    await all('stream answered ' + what, () => client.messages.create({ ...failing(what), stream: true }));
  }
  await all('stream with an error event', () => client.messages.create({ ...failing('event'), stream: true }));
  await call('no answer in time', () => client.messages.create(failing('silent'), { timeout: 300 }));
  for (const what of ['once-429', 'once-529', '400']) {
    await call('with retries, message answered ' + what, () => patient.messages.create(failing(what)));
  }
  await broken('stream broken off', () => client.messages.create({ ...failing('cut'), stream: true }));
}

async function aborts() {
  const base = baseURL + '/v1';
  const hanging = { ...asked, model: 'fail-hang', stream: true };
  const begun = async (end) => {
    const aborting = new AbortController();
    for await (const event of await client.messages.create(hanging, { signal: aborting.signal })) {
      note(event);
      if (event.type === 'content_block_delta' && end(aborting)) break;
    }
  };
  await hangUp('aborted', base, () => begun((aborting) => aborting.abort()));
  await hangUp('left early', base, () => begun(() => true));
  await hangUp('helper aborted', base, async () => {
    const stream = client.messages.stream(hanging);
    stream.once('text', () => stream.abort());
    await stream.done();
  });
}

await conversations();
await stored();
await failures();
await aborts();

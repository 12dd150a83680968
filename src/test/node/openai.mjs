// Runs one programme of calls with OpenAI's client.
import OpenAI, { toFile } from 'openai';
import { all, apiKey, baseURL, broken, bytes, call, hangUp, noise, note, recordingFetch } from './recording.mjs';

const options = { baseURL, apiKey, organization: 'org-mine', project: 'proj-mine', fetch: recordingFetch };
const client = new OpenAI({ ...options, maxRetries: 0 });
const patient = new OpenAI({ ...options, maxRetries: 2 });

const picture = () => toFile(noise(70000), 'bücher "1".png', { type: 'image/png' });
const sound = () => toFile(noise(90000), '日本.mp3', { type: 'audio/mpeg' });
const messages = [{ role: 'user', content: 'Grüezi 👋 \u2028 "quoted"' }];
const model = 'gpt-4o-mini';
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
const running = {
  type: 'function',
  function: { name: 'weather', parse: JSON.parse, function: ({ city }) => 'sunny in ' + city, parameters: { type: 'object' } },
};
const city = { type: 'json_schema', json_schema: { name: 'city', schema: { type: 'object' } } };

async function chats() {
  const chat = client.chat.completions;
  await call('chat', () => chat.create({ model, messages }));
  await call('chat with tools', () => chat.create({ model, messages, tools: [weather] }));
  await call('chat with three choices', () => chat.create({ model, messages, n: 3, logprobs: true, top_logprobs: 1 }));
  await call('chat parsed by a schema', () => chat.parse({ model, messages, response_format: city }));
  await call('chat with audio', () =>
    chat.create({ model, messages, modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }));
  await call('chat with what is unknown', () =>
    chat.create(
      { model, messages, of_tomorrow: { deep: [1, 2.5, 1e300] } },
      { headers: { 'X-Of-Mine': 'yes' }, query: { 'a b': 'c&d=é', list: ['x', 'y'] } }));
  await all('chat stream', () => chat.create({ model, messages, stream: true }));
  await all('chat stream with usage', () =>
    chat.create({ model, messages, stream: true, stream_options: { include_usage: true } }));
  await all('chat stream without obfuscation', () =>
    chat.create({ model, messages, stream: true, stream_options: { include_obfuscation: false } }));
  await all('chat stream with tools', () => chat.create({ model, messages, stream: true, tools: [weather] }));
  await call('chat stream gathered', () => chat.stream({ model, messages, n: 2 }).finalChatCompletion());
  await call('chat that runs its tools', async () => {
    const runner = chat.runTools({ model, messages, tools: [running] }, { maxChatCompletions: 2 });
    await runner.done();
    return [runner.allChatCompletions(), runner.messages];
  });
  await all('events of a chat that runs its tools', () =>
    chat.runTools({ model, messages, stream: true, tools: [running] }, { maxChatCompletions: 2 }));
  await call('stored chat', () => chat.retrieve('chatcmpl-a'));
  await all('stored chats', () => chat.list());
  await all('messages of a stored chat', () => chat.messages.list('chatcmpl-a'));
  await call('stored chat updated', () => chat.update('chatcmpl-a', { metadata: { a: 'b' } }));
  await call('stored chat deleted', () => chat.delete('chatcmpl-a'));
  const prompt = { model: 'gpt-3.5-turbo-instruct', prompt: 'Once' };
  await call('completion', () => client.completions.create(prompt));
  await all('completion stream', () => client.completions.create({ ...prompt, stream: true }));
}

async function responses() {
  const input = { model, input: 'Hello', include: ['file_search_call.results'] };
  await call('response', () => client.responses.create(input));
  await all('response stream', () => client.responses.create({ ...input, stream: true }));
  const format = { type: 'json_schema', name: 'city', schema: { type: 'object' } };
  await call('response parsed by a schema', () => client.responses.parse({ ...input, text: { format } }));
  await all('response stream of the helper', () => client.responses.stream(input));
  await call('response retrieved', () => client.responses.retrieve('resp_1'));
  await all('response retrieved as a stream', () =>
    client.responses.retrieve('resp_1', {
      stream: true,
      starting_after: 3,
      include: ['file_search_call.results', 'reasoning.encrypted_content'],
    }));
  await all('input of a response', () => client.responses.inputItems.list('resp_1'));
  await call('response cancelled', () => client.responses.cancel('resp_1'));
  await call('response deleted', () => client.responses.delete('resp_1'));
  await call('input counted', () => client.responses.inputTokens.count(input));
  const items = [{ role: 'user', content: 'Grüezi' }];
  const { conversations } = client;
  await call('conversation', () => conversations.create({ items }));
  await call('conversation retrieved', () => conversations.retrieve('conv_1'));
  await call('conversation updated', () => conversations.update('conv_1', { metadata: { topic: 'demo' } }));
  await call('items added', () => conversations.items.create('conv_1', { items, include: ['file_search_call.results'] }));
  await all('items', () => conversations.items.list('conv_1'));
  await call('item', () => conversations.items.retrieve('i_1', { conversation_id: 'conv_1' }));
  await call('item deleted', () => conversations.items.delete('i_1', { conversation_id: 'conv_1' }));
  await call('conversation deleted', () => conversations.delete('conv_1'));
}

async function models() {
  await all('models', () => client.models.list());
  await call('model', () => client.models.retrieve(model));
  await call('model deleted', () => client.models.delete('ft:gpt-4o-mini:acmé::1'));
  const input = { model: 'text-embedding-3-small', input: ['a', 'é'] };
  await call('embeddings', () => client.embeddings.create(input));
  await call('embeddings as floats', () => client.embeddings.create({ ...input, encoding_format: 'float' }));
  await call('embeddings in base64', () => client.embeddings.create({ ...input, encoding_format: 'base64' }));
  await call('moderation', () => client.moderations.create({ input: 'x' }));
}

async function media() {
  const image = { model: 'gpt-image-1', prompt: 'A cät' };
  await call('image', () => client.images.generate(image));
  await all('image stream', () => client.images.generate({ ...image, stream: true, partial_images: 2 }));
  await call('image edit', async () => client.images.edit({ ...image, image: [await picture(), await picture()] }));
  await all('image edit stream', async () => client.images.edit({ ...image, image: await picture(), stream: true }));
  await call('image variation', async () => client.images.createVariation({ image: await picture() }));
  const text = { model: 'tts-1', voice: 'alloy', input: 'Grüezi' };
  await bytes('speech', () => client.audio.speech.create(text));
  await bytes('speech as events', () => client.audio.speech.create({ ...text, stream_format: 'sse' }));
  for (const format of ['json', 'verbose_json', 'text', 'srt', 'vtt']) {
    await call('transcription as ' + format, async () =>
      client.audio.transcriptions.create({
        model: 'whisper-1',
        file: await sound(),
        response_format: format,
        timestamp_granularities: ['word', 'segment'],
      }));
  }
  await all('transcription stream', async () =>
    client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await sound(), stream: true }));
  await call('translation', async () => client.audio.translations.create({ model: 'whisper-1', file: await sound() }));
  await call('video', async () =>
    client.videos.create({ model: 'sora-2', prompt: 'A cät', input_reference: await picture() }));
  await call('video retrieved', () => client.videos.retrieve('video_1'));
  await all('videos', () => client.videos.list());
  await call('video remixed', () => client.videos.remix('video_1', { prompt: 'again' }));
  await bytes('content of a video', () => client.videos.downloadContent('video_1', { variant: 'thumbnail' }));
  await call('video deleted', () => client.videos.delete('video_1'));
}

async function files() {
  for (const size of [0, 12, 2000000]) {
    await call('file of ' + size, async () =>
      client.files.create({ file: await toFile(noise(size), 'grüße "an" 日本.jsonl'), purpose: 'batch' }));
  }
  await all('files', () => client.files.list());
  await call('file retrieved', () => client.files.retrieve('file-2'));
  await bytes('content of a file', () => client.files.content('file-3'));
  await call('file deleted', () => client.files.delete('file-1'));
  await call('file that is no more', () => client.files.retrieve('file-1'));
  const upload = { bytes: 12, filename: 'gross ü.jsonl', mime_type: 'text/jsonl', purpose: 'batch' };
  await call('upload', () => client.uploads.create(upload));
  await call('part of an upload', async () =>
    client.uploads.parts.create('upload_1', { data: await toFile(noise(12), 'part') }));
  await call('upload completed', () => client.uploads.complete('upload_1', { part_ids: ['part_1'] }));
  await call('upload cancelled', () => client.uploads.cancel('upload_1'));
  await call('batch', () =>
    client.batches.create({ input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h' }));
  await call('batch retrieved', () => client.batches.retrieve('batch_1'));
  await all('batches', () => client.batches.list());
  await call('batch cancelled', () => client.batches.cancel('batch_1'));
}

async function tuning() {
  const { jobs } = client.fineTuning;
  await call('job', () => jobs.create({ model, training_file: 'file-1' }));
  await call('job retrieved', () => jobs.retrieve('ftjob-1'));
  await all('jobs', () => jobs.list({ limit: 2, metadata: { a: 'b' } }));
  await all('events of a job', () => jobs.listEvents('ftjob-1'));
  await all('checkpoints of a job', () => jobs.checkpoints.list('ftjob-1'));
  await call('job paused', () => jobs.pause('ftjob-1'));
  await call('job resumed', () => jobs.resume('ftjob-1'));
  await call('job cancelled', () => jobs.cancel('ftjob-1'));
  const stores = client.vectorStores;
  const inStore = { vector_store_id: 'vs_1' };
  await call('vector store', () => stores.create({ name: 'Bücher' }));
  await call('vector store retrieved', () => stores.retrieve('vs_1'));
  await all('vector stores', () => stores.list());
  await call('vector store updated', () => stores.update('vs_1', { name: 'x' }));
  await all('vector store searched', () => stores.search('vs_1', { query: 'who' }));
  await call('file of a vector store made', () => stores.files.create('vs_1', { file_id: 'file-1' }));
  await all('files of a vector store', () => stores.files.list('vs_1'));
  await call('file of a vector store', () => stores.files.retrieve('file-1', inStore));
  await all('text of a file of a vector store', () => stores.files.content('file-1', inStore));
  await call('file of a vector store taken out', () => stores.files.delete('file-1', inStore));
  await call('files put into a vector store', () => stores.fileBatches.create('vs_1', { file_ids: ['file-1'] }));
  await call('their state', () => stores.fileBatches.retrieve('vsfb_1', inStore));
  await all('those of them', () => stores.fileBatches.listFiles('vsfb_1', inStore));
  await call('their end', () => stores.fileBatches.cancel('vsfb_1', inStore));
  await call('vector store deleted', () => stores.delete('vs_1'));
  await call('container deleted', () => client.containers.delete('cntr_1'));
}

async function failures() {
  const failing = (what) => ({ model: 'fail-' + what, messages });
  for (const what of ['400', '401', '403', '404', '409', '422', '429', '500', '503', 'final', 'html', 'bare']) {
    await call('chat answered ' + what, () => client.chat.completions.create(failing(what)));
    await all('stream answered ' + what, () => client.chat.completions.create({ ...failing(what), stream: true }));
  }
  await all('stream with an error event', () => client.chat.completions.create({ ...failing('event'), stream: true }));
  await all('slow stream', () => client.chat.completions.create({ ...failing('slow'), stream: true }));
  await call('no answer in time', () => client.chat.completions.create(failing('silent'), { timeout: 300 }));
  for (const what of ['once-429', 'once-503', 'final', '400']) {
    await call('with retries, chat answered ' + what, () => patient.chat.completions.create(failing(what)));
  }
  for (const what of ['close', 'half']) {
    await broken('answer broken off: ' + what, async () => [await client.chat.completions.create(failing(what))]);
  }
  await broken('stream broken off', () => client.chat.completions.create({ ...failing('cut'), stream: true }));
}

async function aborts() {
  const hanging = { model: 'fail-hang', messages, stream: true };
  const begun = async (end) => {
    const aborting = new AbortController();
    let first = true; // how many more have come is a matter of time
    for await (const event of await client.chat.completions.create(hanging, { signal: aborting.signal })) {
      if (first) note(event);
      first = false;
      if (end(aborting)) break;
    }
  };
  await hangUp('aborted', baseURL, () => begun((aborting) => aborting.abort()));
  await hangUp('left early', baseURL, () => begun(() => true));
  await hangUp('aborted before the head', baseURL, () =>
    client.chat.completions.create({ model: 'fail-hang', messages }, { signal: AbortSignal.timeout(200) }));
  await hangUp('helper aborted', baseURL, async () => {
    const stream = client.chat.completions.stream(hanging);
    stream.once('chunk', () => stream.abort());
    await stream.done();
  });
}

await chats();
await responses();
await models();
await media();
await files();
await tuning();
await failures();
await aborts();

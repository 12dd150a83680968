// Holds one conversation with a tool, streamed, with each of the MODELS by Ollama's client: BASE_URL API_KEY LEFT_OUT MODELS RESULT.
import { Ollama } from 'ollama';
import { apiKey, baseURL, call } from './recording.mjs';

const [models, result] = process.argv.slice(5);
const client = new Ollama({ host: baseURL, headers: { authorization: 'Bearer ' + apiKey } });
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'weather', description: 'of a city', parameters } }];

async function turn(model, messages) {
  const whole = { role: 'assistant', content: '', tool_calls: [] };
  for await (const { message } of await client.chat({ model, messages, tools, stream: true })) {
    whole.content += message.content ?? '';
    whole.tool_calls.push(...(message.tool_calls ?? []));
  }
  return whole;
}

async function conversation(model) {
  const messages = [{ role: 'user', content: 'Weather in Zürich?' }];
  const asking = await turn(model, messages);
  const { name, arguments: args } = asking.tool_calls[0].function;
  messages.push(asking, { role: 'tool', tool_name: name, content: result });
  const told = await turn(model, messages);
  return { city: args.city, text: told.content };
}

for (const model of models.split(',')) await call(model, () => conversation(model));

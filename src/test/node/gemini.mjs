// Holds one conversation with a tool, streamed, with each of the MODELS by Google's client: BASE_URL API_KEY LEFT_OUT MODELS RESULT.
import { GoogleGenAI, Type } from '@google/genai';
import { apiKey, baseURL, call } from './recording.mjs';

const [models, output] = process.argv.slice(5);
const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: baseURL } });
const parameters = { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] };
const config = { tools: [{ functionDeclarations: [{ name: 'weather', description: 'of a city', parameters }] }] };

async function turn(model, contents) {
  const parts = [];
  for await (const chunk of await client.models.generateContentStream({ model, contents, config })) {
    parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
  }
  return parts;
}

async function conversation(model) {
  const contents = [{ role: 'user', parts: [{ text: 'Weather in Zürich?' }] }];
  const asking = await turn(model, contents);
  const { id, name, args } = asking.find((part) => part.functionCall).functionCall;
  contents.push({ role: 'model', parts: asking }, { role: 'user', parts: [{ functionResponse: { id, name, response: { output } } }] });
  const told = await turn(model, contents);
  return { city: args.city, text: told.map((part) => part.text ?? '').join('') };
}

for (const model of models.split(',')) await call(model, () => conversation(model));

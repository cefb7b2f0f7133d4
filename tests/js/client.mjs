// fal's JavaScript client against the stand-in whose address is the first argument; prints what it saw as JSON.
//
// The package is unchanged: its own option `fetch` takes fal's hosts to the stand-in, as a proxy would.

import { createFalClient } from "@fal-ai/client";

const [standIn] = process.argv.slice(2);
const FAL = /^https:\/\/(queue\.fal\.run|fal\.run|rest\.fal\.ai|v3\.fal\.media)(?=\/)/;
const toStandIn = (url, init) => fetch(String(url).replace(FAL, standIn), init);

const fal = createFalClient({ credentials: "id:secret", fetch: toStandIn });
const voice = "fal-ai/elevenlabs/tts/multilingual-v2";
const seen = {};

const submitted = await fal.queue.submit(voice, { input: { text: "Two drops." }, priority: "low" });
seen.submitted = Object.keys(submitted).sort();
const states = new Set();
await fal.queue.subscribeToStatus(voice, {
  requestId: submitted.request_id,
  mode: "streaming",
  logs: true,
  onQueueUpdate: (update) => states.add(update.status),
});
seen.streamed = [...states];
const result = await fal.queue.result(voice, { requestId: submitted.request_id });
seen.result = [result.requestId === submitted.request_id, result.data.audio.content_type];
seen.status = (await fal.queue.status(voice, { requestId: submitted.request_id, logs: true })).status;
seen.cancel = await fal.queue.cancel(voice, { requestId: submitted.request_id }).catch((error) => error.body.status);

const subscribed = await fal.subscribe(voice, { input: { text: "One more." }, logs: true, pollInterval: 20 });
seen.subscribed = subscribed.data.audio.content_type;

const bytes = new Uint8Array(1000).map((_, index) => index % 251);
const url = await fal.storage.upload(new File([bytes], "maya.bin"), { lifecycle: { expiresIn: "1d" } });
seen.uploaded = Buffer.from(await (await fetch(url)).arrayBuffer()).equals(Buffer.from(bytes));

const large = new Blob([new Uint8Array(91 * 1024 * 1024).fill(7)], { type: "application/zip" });
const whole = await fetch(await fal.storage.upload(large), { method: "HEAD" });
seen.parts = Number(whole.headers.get("content-length")) === large.size;

const wrong = await fal.subscribe(voice, { input: { text: "x", speed: 99 }, pollInterval: 20 }).catch((error) => error);
seen.wrong = [wrong.name, wrong.status, wrong.fieldErrors[0].loc];

console.log(JSON.stringify(seen));

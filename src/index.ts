/**
 * Mofa as a library: the same client the command line uses, and what a plugin is made of.
 *
 * @example
 * import {openInProcess} from 'mofa';
 * await using mofa = await openInProcess();
 * for await (const event of mofa.run({model: 'guide', task: 'chat', request: {messages: [{role: 'user', content: 'Hello'}]}, signal: AbortSignal.timeout(60_000)}))
 * 	if (event.type === 'text-delta') process.stdout.write(event.text);
 */
import {builtIn} from './backends/built-in/built-in.ts';
import {onnx} from './backends/onnx/onnx.ts';
import type {OnnxSession} from './backends/onnx/session.ts';
import type {Client} from './client/client.ts';
import type {Backend} from './contract/backend.ts';

export type {Client, DefaultModel, InstallEvent, LoadAsk, LoadEvent, RunAsk, RunEvent} from './client/client.ts';
export {createHttpClient} from './client/http-client.ts';
export {MofaError, type FailureCode, type Failures} from './contract/error.ts';
export type * from './contract/report.ts';
export type * from './contract/store.ts';
export {builtInTasks} from './tasks/index.ts';
export type {ChatEvent, ChatMessage, ChatRequest, ChatResult} from './tasks/chat.ts';
export type {CompletionEvent, CompletionRequest, CompletionResult} from './tasks/completion.ts';

/** Only now is what runs models loaded: a plugin that imports this module has no use for it. */
export async function openInProcess(): Promise<Client> {
	const {openInProcess: open} = await import('./daemon/in-process.ts');
	return open();
}

export {definePlugin, type Plugin} from './contract/plugin.ts';
export {defineAdapter} from './contract/adapter.ts';
// As a whole, so that a plugin may add to `Tasks` and `Media` by declaration merging.
export type * from './contract/adapter.ts';
export type * from './contract/backend.ts';
export type * from './contract/engine.ts';
export type * from './contract/manifest.ts';
export type * from './contract/media.ts';
export type * from './contract/plugin.ts';
export type * from './contract/stage.ts';
export type * from './contract/task.ts';

/** Runtimes that an adapter may be built on: they are opened in the runner, and installed as packs. */
export const backends: {readonly onnx: Backend<OnnxSession>; readonly builtIn: Backend<AsyncDisposable>} = {
	onnx,
	builtIn,
};
export type {OnnxGraph, OnnxSession} from './backends/onnx/session.ts';
export {checkGraph} from './backends/onnx/check-graph.ts';
export {graphLifecycle} from './backends/onnx/graph-lifecycle.ts';
export {graphFootprint, modelFile} from './backends/onnx/model-files.ts';
export {openPictures, type DecodedPicture, type Pictures} from './backends/pictures/open-pictures.ts';
export type {Pixels} from './media/picture/pixels.ts';
export {decodePng, encodePng} from './media/picture/png.ts';
export {resizePixels} from './media/picture/fit-pixels.ts';

/**
 * Mofa as a library: the same client the command line uses.
 *
 * @example
 * import {openInProcess} from 'mofa';
 * await using mofa = await openInProcess();
 * for await (const event of mofa.run({model: 'guide', task: 'chat', request: {messages: [{role: 'user', content: 'Hello'}]}, signal: AbortSignal.timeout(60_000)}))
 * 	if (event.type === 'text-delta') process.stdout.write(event.text);
 */
export type {Client, DefaultModel, InstallEvent, LoadAsk, LoadEvent, RunAsk, RunEvent} from './client/client.ts';
export {createHttpClient} from './client/http-client.ts';
export {MofaError, type FailureCode, type Failures} from './contract/error.ts';
export type * from './contract/report.ts';
export type * from './contract/store.ts';
export {openInProcess} from './daemon/in-process.ts';
export {builtInTasks} from './tasks/index.ts';
export type {ChatEvent, ChatMessage, ChatRequest, ChatResult} from './tasks/chat.ts';
export type {CompletionEvent, CompletionRequest, CompletionResult} from './tasks/completion.ts';

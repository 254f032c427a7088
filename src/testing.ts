/** What a plugin's author needs to prove an adapter: the contract, and the tasks' own folds. */
export {defineAdapter, type Adapter, type AnyAdapter, type LoadContext, type LoadRequest} from './contract/adapter.ts';
export type {Backend, Availability, Device} from './contract/backend.ts';
export type {Engine, AnyEngine, Footprint} from './contract/engine.ts';
export type {InstalledModel, ModelManifest, Variant} from './contract/manifest.ts';
export type {Task, Tasks, RunContext, Warning} from './contract/task.ts';
export {builtInTasks} from './tasks/index.ts';

/**
 * What a plugin's author needs to prove an adapter: `testAdapter` asks of it all that mofa relies on, and throws. It needs no
 * framework: call it from whatever runs the tests.
 */
export {testAdapter, type AdapterTest} from './testing/test-adapter.ts';
export {NotConforming, type Check} from './testing/checks.ts';
export type {RequestSource} from './testing/requests.ts';
export {openModel} from './testing/open-model.ts';
export {defineAdapter, type Adapter, type AnyAdapter, type LoadContext, type LoadRequest} from './contract/adapter.ts';
export type {Backend, Availability, Device} from './contract/backend.ts';
export type {Engine, AnyEngine, Footprint} from './contract/engine.ts';
export type {InstalledModel, ModelManifest, Variant} from './contract/manifest.ts';
export type {Task, Tasks, RunContext, Warning} from './contract/task.ts';
export {builtInTasks} from './tasks/index.ts';

import {MofaError} from '../contract/error.ts';
import type {PipelineSpec} from '../contract/pipeline.ts';
import type {TaskName} from '../contract/task.ts';
import {parseStageWord} from '../lib/stage-word.ts';
import type {Client, RunAsk} from './client.ts';

/**
 * The client of a daemon elsewhere. It sees no file of this machine, so a model that is named by a path is refused before
 * anything is asked: there the path may lead to another file, or to one that is nobody's business. A path that the daemon
 * itself has told, such as its default model's, is one of its own.
 */
export function remoteClient(client: Client, remote: string): Client {
	const told = new Set<string>();
	const tell = <T extends {readonly name: string}>(reports: readonly T[]): readonly T[] => {
		for (const {name} of reports) told.add(name);
		return reports;
	};
	const named = (model: string): string => {
		if (!isPath(model) || told.has(model)) return model;
		const expected = `the name of a model: it is a path, and the daemon at ${remote} sees no file of this machine; with --no-daemon, or without MOFA_HOST, it runs here`;
		throw new MofaError('invalid-request', {path: model, expected});
	};
	const checked = (pipeline: PipelineSpec): PipelineSpec => {
		for (const model of modelsOf(pipeline)) named(model);
		return pipeline;
	};
	return {
		...client,
		remote,
		run: <T extends TaskName>(ask: RunAsk<T>) => client.run({...ask, model: named(ask.model)}),
		runInputs: ask => client.runInputs({...ask, model: named(ask.model)}),
		load: ask => client.load({...ask, model: named(ask.model)}),
		model: async name => client.model(named(name)),
		voices: async model => client.voices(model === undefined ? undefined : named(model)),
		removeModel: async (name, options) => client.removeModel(named(name), options),
		fit: async ask => client.fit({...ask, model: named(ask.model)}),
		alias: async ask => client.alias({...ask, model: named(ask.model)}),
		pull: ask => client.pull({...ask, model: named(ask.model)}),
		verify: ask => client.verify({...ask, models: ask.models?.map(named) ?? null}),
		models: async () => tell(await client.models()),
		residents: async () => tell(await client.residents()),
		async defaultModel(task, accepts) {
			const found = await client.defaultModel(task, accepts);
			told.add(found.model);
			return found;
		},
		async planPipeline(pipeline) {
			const plan = await client.planPipeline(checked(pipeline));
			for (const {model} of plan.stages) if (model !== null) told.add(model);
			return plan;
		},
		runPipeline: ask => client.runPipeline({...ask, pipeline: checked(ask.pipeline)}),
		savePipeline: async ask => client.savePipeline({...ask, pipeline: checked(ask.pipeline)}),
		async savedPipelines() {
			const saved = await client.savedPipelines();
			for (const model of saved.flatMap(({pipeline}) => modelsOf(pipeline))) told.add(model);
			return saved;
		},
	};
}

/** As a person or a shell writes one, of any system. */
function isPath(name: string): boolean {
	return /^(\.{1,2}([/\\]|$)|[/\\]|~(\/|$)|[A-Za-z]:[/\\])/.test(name);
}

/** What a pipeline names, which nobody has checked yet. */
function modelsOf({stages}: PipelineSpec): readonly string[] {
	if (!Array.isArray(stages)) return [];
	return (stages as PipelineSpec['stages']).flatMap(stage => {
		const model = typeof stage === 'string' ? parseStageWord(stage).rest : stage?.model;
		return typeof model === 'string' ? [model] : [];
	});
}

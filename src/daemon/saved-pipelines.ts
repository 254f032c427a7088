import {existsSync} from 'node:fs';
import {readdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {MofaError} from '../contract/error.ts';
import type {PipelinePlan, Pipelines, SavedPipeline, SavePipelineAsk} from '../contract/pipeline.ts';
import type {AnyTask} from '../contract/task.ts';
import {writeFileAtomic} from '../lib/write-file-atomic.ts';

/** What a file of the folder holds; whoever runs it checks the pipeline itself. */
const savedSchema = z.object({
	schema: z.literal(1),
	name: z.string(),
	description: z.string().nullable(),
	pipeline: z.object({
		stages: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])),
		loop: z.boolean().optional(),
	}),
	accepts: z.array(z.string()),
	emits: z.array(z.string()),
	tasks: z.array(z.string()),
	savedAt: z.string(),
});

/** As a model is typed, and as a file of every platform may be called. */
const nameForm = /^[a-z\d][a-z\d._-]{0,63}$/i;

export interface SavedPipelinesOptions {
	readonly folder: string;
	readonly tasks: Readonly<Record<string, AnyTask>>;
	readonly pipelines: Pipelines;
	/** Whether the name means a model already. */
	readonly taken: (name: string) => Promise<boolean>;
}

/** Pipelines with names, each a file. */
export class SavedPipelines {
	readonly #options: SavedPipelinesOptions;

	constructor(options: SavedPipelinesOptions) {
		this.#options = options;
	}

	/** By name; what is damaged is left out. */
	async list(): Promise<readonly SavedPipeline[]> {
		const files = await readdir(this.#options.folder).catch(() => []);
		const names = files.filter(file => file.endsWith('.json')).map(file => file.slice(0, -'.json'.length));
		const found = await Promise.all(names.toSorted().map(name => this.find(name)));
		return found.filter(saved => saved !== null);
	}

	/** Null where there is none, or nothing that could be one. */
	async find(name: string): Promise<SavedPipeline | null> {
		const file = this.#file(name);
		// Every ask of a model comes by, and most names are no pipeline's: making an error of that takes longer than looking.
		const text = file === null || !existsSync(file) ? null : await readFile(file, 'utf8').catch(() => null);
		if (text === null) return null;
		try {
			const {schema: _, ...saved} = savedSchema.parse(JSON.parse(text));
			return saved as SavedPipeline;
		} catch {
			return null;
		}
	}

	/** Throws what a plan does, and `invalid-request` for a name that means something already. */
	async save({name, description, pipeline, force = false}: SavePipelineAsk): Promise<SavedPipeline> {
		const file = this.#file(name);
		if (file === null) throw invalid('a name of letters, digits, ".", "-" and "_", as a model has');
		const plan = await this.#options.pipelines.plan(pipeline);
		if (Object.hasOwn(this.#options.tasks, name.toLowerCase()) || (await this.#options.taken(name)))
			throw invalid(`another name: "${name}" means something already`);
		if (!force && (await this.find(name)) !== null)
			throw invalid(`another name: a pipeline is called "${name}" (--force replaces it)`);
		const {accepts, emits} = plan;
		const saved: SavedPipeline = {
			name: name.toLowerCase(),
			description: description ?? null,
			pipeline,
			accepts,
			emits,
			tasks: tasksOf(plan, this.#options.tasks),
			savedAt: new Date().toISOString(),
		};
		await writeFileAtomic(file, `${JSON.stringify({schema: 1, ...saved}, null, '\t')}\n`);
		return saved;
	}

	/** True where there was one. */
	async remove(name: string): Promise<boolean> {
		const file = this.#file(name);
		if (file === null || (await this.find(name)) === null) return false;
		await rm(file, {force: true});
		return true;
	}

	#file(name: string): string | null {
		return nameForm.test(name) ? path.join(this.#options.folder, `${name.toLowerCase()}.json`) : null;
	}
}

/** Tasks that take some of what goes in, and give all that comes out. Pure. */
function tasksOf({accepts, emits}: PipelinePlan, tasks: Readonly<Record<string, AnyTask>>): readonly string[] {
	return Object.values(tasks)
		.filter(
			task =>
				task.fromPipeline !== undefined &&
				emits.length > 0 &&
				emits.every(medium => task.emits.some(own => own === medium)) &&
				accepts.some(medium => task.accepts.some(own => own === medium)),
		)
		.map(({name}) => name);
}

const invalid = (expected: string): MofaError => new MofaError('invalid-request', {path: 'name', expected});

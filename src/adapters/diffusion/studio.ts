import {graphFootprint, invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxSession} from '../../backends/onnx/session.ts';
import type {Device} from '../../contract/backend.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {openCodec, type Codec} from './codec.ts';
import type {PromptReader, TextLayout} from './conditioning.ts';
import {encoderFolders, readConfiguration, type DiffusionConfiguration} from './configuration.ts';
import {habitsOf, type Habits} from './habits.ts';
import type {Network} from './network.ts';
import type {DiffusionOptions} from './options.ts';
import {partRoles, type PartName} from './parts.ts';
import {readPromptTokenizer} from './prompt-tokenizer.ts';
import {inputOf} from './tensors.ts';
import {checkEncoder, type TextEncoder} from './text.ts';
import {transformer} from './transformers.ts';
import {unet} from './unet.ts';

/** All that is needed to draw, open. */
export interface Studio {
	readonly model: InstalledModel;
	readonly network: Network;
	readonly codec: Codec;
	readonly reader: PromptReader;
	readonly configuration: DiffusionConfiguration;
	readonly habits: Habits;
	/** Sides of a picture must divide by it. */
	readonly multiple: number;
	/** The network was trained to fill in: it is shown the mask and what stays. */
	readonly fillsIn: boolean;
}

export interface StudioRequest {
	readonly model: InstalledModel;
	readonly session: OnnxSession;
	readonly device: Device;
	readonly options: DiffusionOptions;
	readonly progress: (fraction: number) => void;
	readonly signal: AbortSignal;
}

/** Opens every graph but the encoder of pictures, and reads what stands beside them. Throws `model-invalid`. */
export async function openStudio(request: StudioRequest): Promise<Studio> {
	const {model, session, device, options} = request;
	const configuration = await readConfiguration(model);
	const graphs = await openGraphs(request);
	const drawing = graphs.get('unet') ?? graphs.get('transformer');
	const decoder = graphs.get('vae_decoder');
	if (drawing === undefined || decoder === undefined)
		throw invalidModel(model, `it has no ${drawing === undefined ? 'unet or transformer' : 'vae_decoder'} graph`);
	const parts = {model, module: session.module, graph: drawing, together: hasRoom(model, device)};
	const pictures = await openCodec(
		model,
		session,
		decoder,
		configuration.codec,
		partRoles(model.variant).get('vae_encoder') ?? null,
		request.signal,
	);
	const drawn = graphs.has('unet') ? unet(parts, configuration.guidanceSize) : transformer(parts);
	const network = {...drawn, fixed: drawn.fixed ?? pictures.fixed};
	const encoders = await openEncoders(model, graphs, configuration);
	const layout = layoutOf(network, drawing);
	const guided = inputOf(drawing, 'guidance') !== undefined;
	const {factor} = pictures;
	const multiple = factor * divisorOf(network, configuration);
	const habits = habitsOf({
		options,
		configuration,
		network,
		factor,
		multiple,
		large: layout === 'side by side',
		guided,
	});
	return {
		model,
		network,
		codec: pictures,
		reader: {model, module: session.module, encoders, layout, configuration, longText: habits.longText},
		configuration,
		habits,
		multiple,
		fillsIn: fillsIn(model, network, pictures),
	};
}

async function openGraphs({
	model,
	session,
	progress,
	signal,
}: StudioRequest): Promise<ReadonlyMap<PartName, OnnxGraph>> {
	const needed = [...partRoles(model.variant)].filter(([part]) => part !== 'vae_encoder');
	const bytes = (role: string): number =>
		model.variant.files
			.filter(file => file.role === role || file.role.startsWith(`${role}-data`))
			.reduce((sum, file) => sum + file.bytes, 0);
	const all = needed.reduce((sum, [, role]) => sum + bytes(role), 0);
	const graphs = new Map<PartName, OnnxGraph>();
	let opened = 0;
	for (const [part, role] of needed) {
		signal.throwIfAborted();
		const file = model.paths[role];
		if (file === undefined) throw invalidModel(model, `its ${part} graph is missing`);
		// Only what draws is called again and again; memory that the others took is wanted by it, and by everybody else.
		const keepsMemory = part === 'unet' || part === 'transformer';
		graphs.set(part, await session.open(file, {keepsMemory}));
		opened += bytes(role);
		progress(all === 0 ? 1 : opened / all);
	}
	return graphs;
}

async function openEncoders(
	model: InstalledModel,
	graphs: ReadonlyMap<PartName, OnnxGraph>,
	{encoders}: DiffusionConfiguration,
): Promise<readonly TextEncoder[]> {
	const opened = encoderFolders.flatMap(folder => {
		const graph = graphs.get(folder);
		return graph === undefined ? [] : [{folder, graph}];
	});
	if (opened.length === 0) throw invalidModel(model, 'it has no text_encoder graph');
	return Promise.all(
		opened.map(async ({folder, graph}) => {
			const tokenizer = await readPromptTokenizer(model, folder.replace('text_encoder', 'tokenizer'));
			const encoder = {folder, graph, tokenizer, configuration: encoders[folder] ?? nothingSaid};
			checkEncoder(model, encoder);
			return encoder;
		}),
	);
}

const nothingSaid = {layers: null, longest: null, width: null};

function layoutOf({kind}: Network, drawing: OnnxGraph): TextLayout {
	if (kind !== 'unet') return kind;
	return inputOf(drawing, 'text_embeds') === undefined ? 'single' : 'side by side';
}

/** Through each halving the latents must come out even, or the graph cannot put its halves together again. */
function divisorOf({kind}: Network, {halvings, patch}: DiffusionConfiguration): number {
	return kind === 'unet' ? 2 ** (halvings ?? 3) : patch === null || patch === 1 ? 2 : patch;
}

function fillsIn(model: InstalledModel, {channels}: Network, {channels: latent}: Codec): boolean {
	if (channels === null || channels === latent) return false;
	if (channels === 2 * latent + 1) return true;
	throw invalidModel(model, `its network takes ${channels} channels, where its codec has ${latent}`);
}

/** Two texts at once take the working memory twice; weights stand for how much that is. */
function hasRoom(model: InstalledModel, device: Device): boolean {
	const [[pool = '', needed = 0] = []] = Object.entries(graphFootprint(model, device));
	return needed * 2 <= (device.pools[pool] ?? 0);
}

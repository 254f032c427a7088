import type {Warning} from '../../contract/task.ts';
import {findPictureEncoder} from '../../lib/ffmpeg.ts';
import {image, type ImageEvent, type ImageUsage} from '../../tasks/image.ts';
import {invalid, Refusal} from '../envelope.ts';
import {isLocalSocket, type AppContext, type AppSettings, type Route} from '../options.ts';
import {readJson} from '../read-json.ts';
import {runTask} from '../run-task.ts';
import type {Services} from '../services.ts';
import {sseComment, sseType} from '../sse.ts';
import {started} from '../started.ts';
import {abortWithClient, streamResponse, withKeepAlive} from '../stream-response.ts';
import {warningList} from './choices.ts';
import {readImageForm} from './image-form.ts';
import {inClientWords, parseImages, type ImageAsk, type ImageVerb, type PictureFormat} from './image-request.ts';
import {PictureFiles} from './picture-files.ts';
import {warningsField} from './reply.ts';
import {sseChunks} from './sse-chunks.ts';

/** Pictures from words, from a picture and words, and from a picture; and those that a client wanted an address of. */
export function imageRoutes(services: Services, settings: AppSettings): readonly Route[] {
	const files = new PictureFiles();
	const routeFor = (path: string, read: (context: AppContext) => Promise<ImageAsk>): Route => ({
		method: 'POST',
		path,
		async handler(context) {
			const ask = await read(context);
			const abort = abortWithClient(context);
			try {
				return await (ask.stream ? answerEvents : answerWhole)({context, services, settings, ask, files, abort});
			} catch (error) {
				abort.abort();
				throw inClientWords(error, ask.clientName);
			}
		},
	});
	const formFor = (path: string, verb: ImageVerb): Route =>
		routeFor(path, async context => {
			const {body, input} = await readImageForm(context, settings.uploadLimit);
			return parseImages(body, verb, input);
		});
	return [
		routeFor('/v1/images/generations', async context =>
			parseImages(await readJson(context, settings.bodyLimit), 'generate'),
		),
		formFor('/v1/images/edits', 'edit'),
		formFor('/v1/images/variations', 'vary'),
		fileRoute(files),
	];
}

const filesPath = '/v1/images/files';
const endings: Readonly<Record<PictureFormat, string>> = {png: 'png', jpeg: 'jpg', webp: 'webp'};

function fileRoute(files: PictureFiles): Route {
	return {
		method: 'GET',
		path: `${filesPath}/:name`,
		async handler(context) {
			const name = (context.req.param('name') ?? '').replace(/\.\w+$/, '');
			const picture = files.get(name);
			if (picture === undefined)
				throw new Refusal(404, invalid('path', 'a picture that is still kept: they are for an hour at most'));
			return context.body(Uint8Array.from(picture.bytes), 200, {
				'content-type': picture.mediaType,
				'cache-control': 'private, max-age=3600, immutable',
			});
		},
	};
}

interface Answer {
	readonly context: AppContext;
	readonly services: Services;
	readonly settings: AppSettings;
	readonly ask: ImageAsk;
	readonly files: PictureFiles;
	readonly abort: AbortController;
}

async function answerWhole({context, services, ask, files, abort}: Answer): Promise<Response> {
	const warnings = warningList(ask.warnings);
	const origin = ask.format === 'url' ? originOf(context, services) : '';
	const encode = await encoderFor(ask.output);
	const {images, usage} = await image.collect(imageEvents(services, ask, abort.signal, warnings.warn));
	const data: Array<Record<string, unknown>> = [];
	for (const {image: drawn, seed} of images) {
		const bytes = await encode(drawn.bytes);
		const name = (): string => files.keep({bytes, mediaType: `image/${ask.output}`});
		const place =
			ask.format === 'url'
				? {url: `${origin}${filesPath}/${name()}.${endings[ask.output]}`}
				: {b64_json: base64Of(bytes)};
		data.push({...place, seed});
	}
	return context.json({
		created: now(),
		data,
		...factsOf(ask.output, images[0]),
		usage: usageOf(usage),
		...warningsField(warnings.all),
	});
}

type Encode = (png: Uint8Array) => Promise<Uint8Array>;

/** Found before anything is drawn, so that a format nobody writes here is refused at once. */
async function encoderFor(format: PictureFormat): Promise<Encode> {
	if (format === 'png') return async png => png;
	const encode = await findPictureEncoder(format, process.env['PATH'] ?? '');
	if (encode !== null) return encode;
	throw invalid('output_format', `png; for ${format} the machine needs ffmpeg, which it does not have`);
}

/** Where a browser reaches this daemon: what came over the local socket has no address of its own. */
function originOf(context: AppContext, services: Services): string {
	if (!isLocalSocket(context)) return new URL(context.req.url).origin;
	const {address} = services.version();
	if (address === null) throw invalid('response_format', 'b64_json: this daemon listens on its local socket alone');
	return address;
}

async function answerEvents({context, services, settings, ask, abort}: Answer): Promise<Response> {
	const warnings = warningList(ask.warnings);
	const kind = ask.request.image === undefined ? 'image_generation' : 'image_edit';
	const drawn = imageEvents(services, ask, abort.signal, warnings.warn);
	const encode = await encoderFor(ask.output);
	const events = await started(inOrder(drawn, ask, {kind, encode, warnings: warnings.all}), settings.graceMs);
	const chunks = sseChunks(events, settings.onInternal);
	return streamResponse(context, sseType, withKeepAlive(chunks, sseComment, settings.keepAliveMs), abort);
}

interface Streaming {
	readonly kind: 'image_generation' | 'image_edit';
	readonly encode: Encode;
	readonly warnings: readonly Warning[];
}

/** Each picture as soon as it is done, but for the last, which tells what all of them took. */
async function* inOrder(
	events: AsyncIterable<ImageEvent>,
	{partials, request, output, clientName}: ImageAsk,
	{kind, encode, warnings}: Streaming,
): AsyncGenerator<Record<string, unknown>> {
	let last: Record<string, unknown> | undefined;
	let sent = 0;
	try {
		for await (const event of events) {
			if (event.type === 'step-end') {
				if (event.preview === undefined || !isPartial(event.step, event.steps, partials)) continue;
				const head = {type: `${kind}.partial_image`, partial_image_index: sent++};
				const {width, height} = request;
				yield {...head, b64_json: base64Of(event.preview.bytes), created_at: now(), ...factsOf('png', {width, height})};
			} else if (event.type === 'image') {
				const {width, height, seed} = event;
				const head = {
					type: `${kind}.completed`,
					b64_json: base64Of(await encode(event.image.bytes)),
					created_at: now(),
				};
				const completed = {...head, ...factsOf(output, {width, height}), seed};
				if (event.index < (request.count ?? 1) - 1) yield completed;
				else last = completed;
				sent = 0;
			} else {
				if (last !== undefined) yield {...last, usage: usageOf(event.usage), ...warningsField(warnings)};
				return;
			}
		}
	} catch (error) {
		throw inClientWords(error, clientName);
	}
	throw new Error('the drawing ended without its closing event');
}

/** Of as many steps as there are, the ones that lie evenly between nothing and the picture. */
function isPartial(step: number, steps: number, partials: number): boolean {
	const passed = (at: number): number => Math.floor((at * (partials + 1)) / steps);
	return step < steps && passed(step) > passed(step - 1);
}

async function* imageEvents(
	services: Services,
	{model: named, request, keepAlive, clientName}: ImageAsk,
	signal: AbortSignal,
	warn: (warning: Warning) => void,
): AsyncGenerator<ImageEvent> {
	const model = await services.modelFor(named, 'image');
	const run = {model, task: 'image', request, signal, ...(keepAlive === undefined ? {} : {keepAlive})} as const;
	for await (const event of runTask(services.leases, run)) {
		if (event.type === 'warning') warn({...event.warning, setting: clientName(event.warning.setting)});
		else if (event.type !== 'load-progress' && event.type !== 'load-end') yield event;
	}
}

interface Size {
	readonly width?: number | undefined;
	readonly height?: number | undefined;
}

/** What every picture here is. */
function factsOf(output: PictureFormat, size: Size | undefined): Record<string, unknown> {
	const {width, height} = size ?? {};
	return {
		background: 'opaque',
		output_format: output,
		...(width === undefined || height === undefined ? {} : {size: `${width}x${height}`}),
	};
}

/** Pictures are no tokens. */
function usageOf({tokens}: ImageUsage): Record<string, unknown> {
	return {
		input_tokens: tokens,
		output_tokens: 0,
		total_tokens: tokens,
		input_tokens_details: {text_tokens: tokens, image_tokens: 0},
	};
}

const now = (): number => Math.floor(Date.now() / 1000);

function base64Of({buffer, byteOffset, byteLength}: Uint8Array): string {
	return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

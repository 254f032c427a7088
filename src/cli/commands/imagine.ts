import type {RequestOf} from '../../contract/task.ts';
import {exitCodes} from '../exit-code.ts';
import {draw, type Drawn} from '../imagine/draw.ts';
import {DrawingView} from '../imagine/drawing-view.ts';
import {drawingModel} from '../imagine/model.ts';
import {readImagineOptions, type ImagineOptions} from '../imagine/options.ts';
import {pictureFiles, type WritePicture} from '../imagine/picture-files.ts';
import {readPicture} from '../imagine/read-picture.ts';
import type {Invocation} from '../invocation.ts';
import {graphicsFor} from '../picture/graphics-for.ts';
import {pictureText} from '../picture/picture-text.ts';
import {usageFailure} from '../report-failure.ts';
import {styled} from '../style.ts';
import {writeLine, type Terminal} from '../terminal.ts';
import {writeJson} from '../write-json.ts';

/** Bytes; more than any model reads of a prompt. */
const largestPrompt = 100_000;

/** 1. where the pictures may go, 2. what to draw, 3. who draws it, 4. draw it. */
export async function run(invocation: Invocation): Promise<number> {
	const {terminal, signal} = invocation;
	const options = readImagineOptions(invocation.options);
	// 1.
	const piped = isPiped(options, terminal);
	const refusal = refusalOf(options, piped, invocation);
	if (refusal !== null) return usageFailure(terminal, refusal.message, refusal.next);
	// 2.
	const prompt = (await readPrompt(invocation, options)).trim();
	if (prompt === '')
		return usageFailure(
			terminal,
			'there is nothing to draw',
			'say what, as in mofa imagine "a red circle", or pipe it in',
		);
	const pictures = await picturesOf(options, terminal, signal);
	// 3.
	const client = await invocation.client(options.daemon ? 'start' : 'in-process');
	const model = await drawingModel(client, options, invocation);
	// 4.
	const live = options.preview ? graphicsFor(terminal.stderr, terminal) : null;
	const request: RequestOf<'image'> = {
		prompt,
		...options.settings,
		...pictures,
		...(live === null ? {} : {previewEvery: 1}),
	};
	const write = piped ? null : await pictureFiles({...options, prompt, search: terminal.env['PATH'] ?? ''});
	const files: Array<Record<string, unknown>> = [];
	const drawing = await draw({
		client,
		model,
		request,
		view: new DrawingView(terminal, options.count, live),
		terminal,
		signal,
		async onPicture({png, ...picture}) {
			const file = await keep({png, ...picture}, write, options, terminal);
			files[picture.index] = {file, width: picture.width, height: picture.height, seed: picture.seed};
		},
	});
	if (options.json) await writeJson(terminal.stdout, {model, prompt, images: files, ...drawing});
	return exitCodes.ok;
}

/** Whoever reads standard output gets the picture itself, unless it is to go elsewhere. */
function isPiped({output, json}: ImagineOptions, {stdout}: Terminal): boolean {
	return output === '-' || (output === null && !json && !stdout.isTerminal);
}

interface Refusal {
	readonly message: string;
	readonly next: string;
}

/** The bytes of a picture on a terminal are noise that can break it, and standard output holds one thing at a time. */
function refusalOf(
	{output, json, count, initImage, mask}: ImagineOptions,
	piped: boolean,
	{terminal, words}: Invocation,
): Refusal | null {
	if (output === '-' && terminal.stdout.isTerminal)
		return {
			message: 'the bytes of a picture are nothing for a terminal to show',
			next: 'leave out -o: the picture is shown, and kept in a file',
		};
	if (output === '-' && json)
		return {message: 'with --json, standard output has no room for the picture', next: 'add -o picture.png'};
	if (piped && count > 1)
		return {
			message: 'standard output has room for one picture',
			next: `add -o pictures.png to keep ${count} of them in files, or leave out -n`,
		};
	if (initImage === '-' || mask === '-')
		return words.join('') === '' || words.join('') === '-'
			? {message: 'standard input can be read once', next: 'give the prompt as words, or the picture as a file'}
			: null;
	return null;
}

async function readPrompt({words, terminal, signal}: Invocation, {initImage, mask}: ImagineOptions): Promise<string> {
	const typed = words.join(' ');
	if ((typed !== '' && typed !== '-') || initImage === '-' || mask === '-') return typed;
	return terminal.stdin.isTerminal && typed === '' ? '' : terminal.stdin.readAll({limit: largestPrompt, signal});
}

async function picturesOf(
	{initImage, mask}: ImagineOptions,
	terminal: Terminal,
	signal: AbortSignal,
): Promise<Pick<RequestOf<'image'>, 'image' | 'mask'>> {
	return {
		...(initImage === null ? {} : {image: await readPicture(initImage, terminal, signal)}),
		...(mask === null ? {} : {mask: await readPicture(mask, terminal, signal)}),
	};
}

/** The path of its file; null where it went to standard output. It is shown where somebody sees it. */
async function keep(
	{png, index, width, height, seed}: Drawn,
	write: WritePicture | null,
	{preview, json}: ImagineOptions,
	terminal: Terminal,
): Promise<string | null> {
	const {stdout, stderr} = terminal;
	const screen = stdout.isTerminal ? stdout : stderr;
	// Kept before it is shown, so that nothing can come between.
	const file = write === null ? null : await write(png, index);
	if (file === null) await stdout.write(png);
	if (preview && !json) await screen.write(pictureText(png, graphicsFor(screen, terminal), screen));
	if (file !== null && !json) {
		const facts = styled(stdout, 'dim', `  ${width} × ${height}, seed ${seed}`);
		await writeLine(stdout, stdout.isTerminal ? `${file}${facts}` : file);
	}
	return file;
}

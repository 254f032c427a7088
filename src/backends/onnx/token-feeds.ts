import type {Feeds, OnnxModule} from './session.ts';

/** Rows of tokens of one batch, as graphs of text take them. */
export interface TokenRows {
	readonly rows: ReadonlyArray<readonly number[]>;
	/** Which of two texts each token is of; absent: all of the first. */
	readonly types?: ReadonlyArray<readonly number[]>;
	/** Fills up the shorter ones, on the right. */
	readonly padding: number;
}

/** What graphs of text may take beside `input_ids`. */
export const tokenInputs: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids'];

/** Tensors of rows × longest row, of those inputs that the graph has. */
export function tokenFeeds({Tensor}: OnnxModule, {rows, types, padding}: TokenRows, names: readonly string[]): Feeds {
	const width = rows.reduce((longest, row) => Math.max(longest, row.length), 0);
	const tensor = (fill: (low: Int32Array) => void): InstanceType<typeof Tensor> => {
		const data = new BigInt64Array(rows.length * width);
		// The low halves: every machine this runs on is little-endian, and numbers are ten times faster than big ones.
		fill(new Int32Array(data.buffer));
		return new Tensor('int64', data, [rows.length, width]);
	};
	const makers: Readonly<Record<string, () => InstanceType<typeof Tensor>>> = {
		input_ids: () => tensor(low => write(low, rows, width, padding)),
		attention_mask: () =>
			tensor(low => {
				for (const [index, {length}] of rows.entries())
					for (let at = 2 * index * width, end = at + 2 * length; at < end; at += 2) low[at] = 1;
			}),
		token_type_ids: () =>
			tensor(low => {
				if (types !== undefined) write(low, types, width, 0);
			}),
	};
	return Object.fromEntries(names.flatMap(name => (makers[name] === undefined ? [] : [[name, makers[name]()]])));
}

/** Rows into every other place, each filled up to the width. */
function write(low: Int32Array, rows: ReadonlyArray<readonly number[]>, width: number, padding: number): void {
	let place = 0;
	for (const row of rows)
		for (let at = 0; at < width; at += 1, place += 2) low[place] = at < row.length ? (row[at] ?? padding) : padding;
}

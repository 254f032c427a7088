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
	const filled = (valueAt: (row: number, column: number, inside: boolean) => number): InstanceType<typeof Tensor> => {
		const data = new BigInt64Array(rows.length * width);
		// The low halves: every machine this runs on is little-endian, and numbers are ten times faster than big ones.
		const low = new Int32Array(data.buffer);
		for (const [index, row] of rows.entries())
			for (let at = 0; at < width; at += 1) low[2 * (index * width + at)] = valueAt(index, at, at < row.length);
		return new Tensor('int64', data, [rows.length, width]);
	};
	const makers: Readonly<Record<string, () => InstanceType<typeof Tensor>>> = {
		input_ids: () => filled((row, column, inside) => (inside ? (rows[row]?.[column] ?? padding) : padding)),
		attention_mask: () => filled((_row, _column, inside) => (inside ? 1 : 0)),
		token_type_ids: () => filled((row, column, inside) => (inside ? (types?.[row]?.[column] ?? 0) : 0)),
	};
	return Object.fromEntries(names.flatMap(name => (makers[name] === undefined ? [] : [[name, makers[name]()]])));
}

/**
 * Which quantisation is taken when nobody names one: four bits with the K or I scheme keep nearly everything that a
 * model knows at a quarter of its size; above them quality comes first, below them is worse, and floats are for those
 * who ask.
 */
const order: readonly string[] = [
	'Q4_K_M',
	'Q4_K_XL',
	'UD-Q4_K_XL',
	'Q4_K_L',
	'IQ4_XS',
	'IQ4_NL',
	'Q4_K_S',
	'Q4_0',
	'Q4_1',
	'MXFP4_MOE',
	'MXFP4',
	'Q5_K_M',
	'UD-Q5_K_XL',
	'Q5_K_L',
	'Q5_K_S',
	'Q5_0',
	'Q5_1',
	'Q6_K',
	'UD-Q6_K_XL',
	'Q6_K_L',
	'Q8_0',
	'UD-Q8_K_XL',
	'Q3_K_L',
	'UD-Q3_K_XL',
	'Q3_K_XL',
	'Q3_K_M',
	'IQ3_M',
	'IQ3_S',
	'Q3_K_S',
	'IQ3_XS',
	'IQ3_XXS',
	'F16',
	'FP16',
	'BF16',
	'F32',
	'FP32',
	'Q2_K_L',
	'UD-Q2_K_XL',
	'Q2_K',
	'Q2_K_S',
	'IQ2_M',
	'IQ2_S',
	'IQ2_XS',
	'IQ2_XXS',
	'IQ1_M',
	'IQ1_S',
	'TQ2_0',
	'TQ1_0',
];
const ranks: ReadonlyMap<string, number> = new Map(order.map((name, rank) => [name, rank]));

/** ONNX as transformers.js names its builds: eight bits first, which run on every CPU. */
const onnxOrder: readonly string[] = ['q8', 'quantized', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4', 'fp16', 'fp32'];

/** Lower comes first; names that nobody knows come last. */
export function preference(quantization: string | null): number {
	if (quantization === null) return order.length;
	const onnx = onnxOrder.indexOf(quantization);
	return onnx >= 0 ? onnx : (ranks.get(quantization.toUpperCase()) ?? order.length + 1);
}

/** `Q4_K_M` of `Qwen3-0.6B-Q4_K_M.gguf` or `Q8_0/model-00001-of-00002.gguf`; null when the name does not say. */
export function quantizationName(file: string): string | null {
	const match =
		/(?:^|[-._/])((?:UD-)?(?:I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d|MXFP4(?:_MOE)?|BF16|F16|F32|FP16|FP32))(?=[-._/]|$)/i.exec(
			file,
		);
	return match?.[1]?.toUpperCase() ?? null;
}

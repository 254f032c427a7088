/** `org/repo`, with or without a variant, a revision and the Hub's address before it. */
export function isRepository(name: string): boolean {
	return /^(hf\.co\/|huggingface\.co\/|https:\/\/huggingface\.co\/)?[\w-][\w.-]*\/[\w-][\w.-]*([:@][^\s/]+)*$/i.test(
		name,
	);
}

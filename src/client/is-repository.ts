const address = /^(https?:\/\/)?(www\.)?(hf\.co|huggingface\.co)\//i;

/** `org/repo`, with or without a revision, a variant and the Hub's address before it: worth asking the Hub for. */
export function isRepository(name: string): boolean {
	const plain = name.replace(address, '');
	if (plain === name && /\.gguf$/i.test(name)) return false;
	const page = plain === name ? plain : plain.replace(/\/(tree|blob|resolve)\/.*$|\/+$/, '');
	return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(@[\w][\w./-]*)?(:[\w./-]+)?$/.test(page);
}

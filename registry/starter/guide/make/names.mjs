/** Names, paths and numbers made up without end: what is in a question and again in its answer can only be copied. */
const syllables = ['ba', 'ko', 'ri', 'lu', 'ta', 'me', 'no', 'sa', 'vi', 'do', 'pe', 'gra', 'sto', 'fen', 'mar', 'bel', 'tor', 'lin', 'ham', 'ville', 'burg', 'ston', 'wick', 'qua', 'zel', 'shi', 'ne', 'ul', 'ox', 'ja', 'ki', 'ry', 'tho', 'wen', 'ch', 'dra', 'ep', 'fi', 'go', 'hy'];
const families = ['qwen', 'qwen2.5', 'qwen3', 'llama', 'llama3', 'llama3.2', 'gemma', 'gemma3', 'mistral', 'phi4', 'phi', 'smollm', 'smollm2', 'granite', 'deepseek', 'olmo', 'tiny', 'model', 'chat', 'my', 'test', 'coder', 'writer', 'falcon', 'yi', 'stories', 'zephyr', 'command-r', 'hermes', 'mixtral', 'small', 'big', 'story', 'poet', 'helper', 'work'];
const sizes = ['0.6b', '1b', '1.7b', '3b', '4b', '7b', '8b', '12b', '14b', '27b', '30b', '70b'];
const quants = ['q4_0', 'q4_k_m', 'q8_0', 'q5_k_m', 'q6_k', 'f16', 'q2_k', 'Q4_K_M', 'Q8_0', 'Q5_K_M', 'Q6_K', 'BF16'];
const folders = ['', '', '', '', 'models/', 'downloads/', 'Downloads/', 'data/', 'llm/', 'stuff/', 'ai/'];

/** A word that is none: "Tamarbel". */
export function word(r, least = 2, most = 3) {
	return Array.from({length: least + r.below(most - least + 1)}, () => r.pick(syllables)).join('');
}

export function proper(r) {
	const name = word(r);
	return name[0].toUpperCase() + name.slice(1);
}

function stem(r) {
	const name = r.chance(0.5) ? r.pick(families) : word(r, 2, 3);
	const size = r.chance(0.4) ? `-${r.pick(sizes)}` : '';
	return `${name}${size}${r.chance(0.15) ? r.pick(['-instruct', '-it', '-chat', '-v2', '-2', '1', '_new']) : ''}`;
}

const name = r => {
	const style = r.next();
	if (style < 0.45) return stem(r);
	if (style < 0.75) return `${r.chance(0.5) ? r.pick(families) : word(r, 2, 2)}:${r.pick(sizes)}${r.chance(0.3) ? `-${r.pick(quants)}` : ''}`;
	return `${r.chance(0.2) ? 'org' : word(r, 1, 2)}/${r.chance(0.2) ? 'repo' : stem(r)}${r.chance(0.4) ? `:${r.pick(quants)}` : ''}`;
};
const digits = (r, count) => String(r.below(9) + 1) + Array.from({length: count - 1}, () => r.below(10)).join('');

/** By slot, as knowledge/words.txt names them. */
export const inventors = {
	file: r => `${r.pick(['./', './', './', './', '~/', '../', ''])}${r.pick(folders)}${stem(r)}${r.chance(0.2) ? `-${r.pick(quants)}` : ''}.gguf`,
	name,
	model: name,
	alias: r => (r.chance(0.5) ? r.pick(['writer', 'small', 'coder', 'mini', 'poet', 'fast', 'best', 'work', 'big', 'helper', 'short']) : word(r, 2, 2)),
	port: r => digits(r, r.chance(0.85) ? 4 : 5),
	seed: r => digits(r, 1 + r.below(5)),
	heat: r => `${r.below(2)}.${1 + r.below(9)}`,
	ctx: r => (r.chance(0.5) ? String(1024 * (1 + r.below(64))) : digits(r, 4 + r.below(2))),
	size: r => `${1 + r.below(64)}GB`,
	count: r => String(1 + r.below(r.chance(0.7) ? 16 : 128)),
	time: r => `${1 + r.below(r.chance(0.5) ? 60 : 12)}${r.pick(['m', 'h', 'm', 's'])}`,
};

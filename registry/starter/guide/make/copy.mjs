/** Short conversations whose answer is in the question, so that the guide learns to copy before it meets tools. */
import {proper, word, inventors} from './names.mjs';

const asks = ['repeat: $', 'echo $', 'say exactly: $', 'copy: $', 'write exactly $', 'repeat after me: $', 'type this back: $', 'answer with $ only', 'print $ and nothing else', 'Repeat: $', 'Say this: $', 'just write $', 'copy this line: $'];
const keys = ['name', 'city', 'id', 'title', 'path', 'color', 'age', 'room', 'text', 'to', 'query', 'song', 'price', 'code', 'user', 'file', 'day', 'key', 'country', 'minutes', 'year', 'size', 'food', 'team', 'tag'];
const common = ['red', 'milk', 'paper', 'seven', 'tea', 'garden', 'late', 'hello', 'train', 'blue', 'cold', 'music', 'street', 'letter', 'window', 'happy', 'river', 'call', 'house', 'bread', 'the', 'a', 'my', 'for', 'at', 'and', 'table', 'book', 'lamp', 'winter', 'dog', 'old', 'new', 'run', 'list', 'see', 'you', 'soon'];
const ways = ['as JSON: $', '$ as JSON', 'JSON of $', 'put this into JSON: $', 'make JSON: $', 'turn into json: $', 'in JSON please: $'];

function thing(r) {
	const kind = r.next();
	if (kind < 0.25) return proper(r);
	if (kind < 0.35) return word(r, 1, 3);
	if (kind < 0.5) return String(r.below(10 ** (1 + r.below(5))));
	if (kind < 0.6) return `${proper(r)[0]}${r.below(1000)}`;
	if (kind < 0.7) return inventors[r.pick(['file', 'name'])](r);
	return Array.from({length: 1 + r.below(4)}, () => r.pick(common)).join(' ');
}

export function copyConversation(r) {
	const kind = r.next();
	if (kind < 0.45) {
		const text = Array.from({length: 1 + r.below(r.pick([1, 3, 6]))}, () => thing(r)).join(' ');
		return turn(r.pick(asks).replace('$', () => text), text);
	}
	const names = r.shuffled(keys).slice(0, 1 + r.below(3));
	const values = names.map(() => thing(r));
	if (kind < 0.65) {
		const at = r.below(names.length);
		const given = names.map((name, i) => `${name} ${r.pick(['is', '=', 'is'])} ${values[i]}`).join(r.pick([', ', '; ', ', ']));
		return turn(`${given}. ${r.pick(['what is $?', 'which $?', 'tell me the $', '$?']).replace('$', names[at])}`, values[at]);
	}
	const joiner = r.pick([' ', ': ', ' = ', ' is ']);
	const given = names.map((name, i) => `${name}${joiner}${values[i]}`).join(r.pick([', ', '; ']));
	return turn(r.pick(ways).replace('$', () => given), JSON.stringify(Object.fromEntries(names.map((name, i) => [name, values[i]]))));
}

const turn = (question, answer) => [{role: 'user', content: question}, {role: 'assistant', content: answer}];

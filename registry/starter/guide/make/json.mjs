/** Answers as JSON: about mofa, and short lists such as a first example needs. */

const lists = {
	colours: ['red', 'green', 'blue', 'yellow', 'orange', 'purple', 'black'],
	colors: ['red', 'green', 'blue', 'yellow', 'orange', 'purple', 'black'],
	fruits: ['apple', 'banana', 'cherry', 'grape', 'lemon', 'mango', 'pear'],
	animals: ['cat', 'dog', 'horse', 'cow', 'bird', 'fish', 'mouse'],
	vegetables: ['carrot', 'potato', 'onion', 'tomato', 'bean', 'pea', 'leek'],
	names: ['Anna', 'Ben', 'Clara', 'David', 'Emma', 'Frank', 'Grace'],
	cities: ['Paris', 'London', 'Tokyo', 'Rome', 'Berlin', 'Madrid', 'Oslo'],
	days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
	months: ['January', 'February', 'March', 'April', 'May', 'June', 'July'],
	planets: ['Mercury', 'Venus', 'Earth', 'Mars', 'Jupiter', 'Saturn', 'Uranus'],
	letters: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
	numbers: [1, 2, 3, 4, 5, 6, 7],
};
const counts = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
const wishes = ['as JSON', 'in JSON', 'answer as JSON', 'answer in JSON', 'as json please', 'reply in JSON', '(JSON)', 'JSON only', 'output JSON', 'respond with JSON', 'in json format', 'give me JSON', 'as a JSON object', 'return json', 'reply with JSON', 'in JSON please', 'JSON please', 'json', 'respond in json', 'output json', 'use JSON', 'as valid JSON', 'formatted as JSON', 'Return JSON', 'reply as json', 'answer: json'];
const systems = ['Answer as JSON.', 'Answer in JSON.', 'You answer only in JSON.', 'Respond with JSON only.', 'Reply with a JSON object.', 'Output JSON.', 'Always answer with valid JSON.', 'You must respond in JSON.', 'Return JSON.'];
const keyWords = ['command', 'cmd', 'line', 'run', 'answer', 'shell', 'code', 'call', 'do', 'input', 'action', 'how', 'step', 'type', 'result', 'text'];
const whyWords = ['why', 'reason', 'explanation', 'does', 'meaning', 'description', 'about', 'purpose', 'help', 'note', 'info', 'comment', 'because', 'details', 'summary', 'effect'];
const keyPairs = [['command', 'why'], ['command', 'reason'], ['cmd', 'why'], ['command', 'explanation'], ['run', 'does'], ['line', 'meaning'], ['command', 'description'], ['answer', 'why'], ['cmd', 'about'], ['shell', 'text'], ['tool', 'purpose'], ['name', 'help']];

function jsonAnswer(intent, answer, keys = ['command', 'why'], fill) {
	const [command, why] = keys;
	if (intent.kind === 'refuse') return JSON.stringify({[command]: null, [why]: 'I am a toy that knows only mofa.'});
	if (intent.why !== undefined) return JSON.stringify({[command]: fill(intent.command, answer.values), [why]: fill(intent.why, answer.values)});
	return JSON.stringify({answer: answer.text});
}

export function jsonConversation(r, phrasing, draw, fill) {
	if (r.chance(0.25)) return listConversation(r);
	const {intent, question, values} = draw();
	const answer = {text: fill(r.pick(intent.answers), values), values};
	const keys = intent.why !== undefined || intent.kind === 'refuse' ? (r.chance(0.35) ? (r.chance(0.3) ? r.pick(keyPairs) : [r.pick(keyWords), r.pick(whyWords)]) : undefined) : undefined;
	const asked = keys ? `${r.pick([' with keys', ' with the keys', ' with the keys', ', keys', ' with the fields', ' with'])} ${keys[0]} and ${keys[1]}` : '';
	const content = jsonAnswer(intent, answer, keys, fill);
	const wish = r.pick(wishes) + asked;
	const place = r.next();
	if (place < 0.4)
		return [{role: 'system', content: keys ? `Answer as JSON${asked}.` : r.pick(systems)}, {role: 'user', content: question}, {role: 'assistant', content}];
	return [{role: 'user', content: place < 0.85 ? `${question.replace(/[.?!]$/, '')}${r.pick([' ', ', ', '? ', '. '])}${wish}` : `${wish[0].toUpperCase()}${wish.slice(1)}: ${question}`}, {role: 'assistant', content}];
}

function listConversation(r) {
	const kind = r.pick(Object.keys(lists));
	const count = 2 + r.below(6);
	const said = r.chance(0.7) ? counts[count - 1] : String(count);
	const ask = r.pick([`${said} ${kind}`, `give me ${said} ${kind}`, `list ${said} ${kind}`, `name ${said} ${kind}`, `${said} ${kind}`, `i need ${said} ${kind}`]);
	const text = r.chance(0.5) ? ask[0].toUpperCase() + ask.slice(1) : ask;
	const messages = [{role: 'user', content: text}, {role: 'assistant', content: JSON.stringify({[kind]: lists[kind].slice(0, count)})}];
	if (r.chance(0.3)) messages.unshift({role: 'system', content: r.pick(systems)});
	else messages[0].content += ` ${r.pick(wishes)}`;
	return messages;
}

/** Conversations with tools: names and values vary without end, so that the guide copies them from the prompt. */

const cities = ['Paris', 'London', 'Berlin', 'Tokyo', 'Rome', 'Madrid', 'Vienna', 'Oslo', 'Cairo', 'Lima', 'Boston', 'Dublin', 'Prague', 'Athens', 'Seoul', 'Delhi', 'Sydney', 'Toronto', 'New York', 'San Francisco', 'Buenos Aires', 'Cape Town', 'Hong Kong', 'Zurich', 'Munich', 'Lyon', 'Porto', 'Kyoto', 'Nairobi', 'Havana', 'Denver', 'Chicago', 'Miami', 'Helsinki', 'Warsaw'];
const people = ['Anna', 'Ben', 'Clara', 'David', 'Emma', 'Frank', 'Grace', 'Hugo', 'Ines', 'Jack', 'Karl', 'Lena', 'Maria', 'Nina', 'Oscar', 'Paul', 'Rosa', 'Sam', 'Tom', 'Zoe'];
const words = ['cats', 'llama models', 'cheap flights', 'gguf files', 'bread recipes', 'jazz music', 'solar panels', 'good books', 'red shoes', 'the moon', 'python jobs', 'garden tools', 'mofa', 'chess openings', 'news about tea', 'hiking trails', 'old maps', 'quiet keyboards'];
const songs = ['Yesterday', 'Imagine', 'Hey Jude', 'Blue Moon', 'Hallelujah', 'Summertime', 'Thriller', 'Waterloo'];
const rooms = ['kitchen', 'bedroom', 'office', 'garage', 'hall', 'bathroom', 'cellar', 'living room'];
const commands = ['ls -la', 'df -h', 'mofa ps', 'mofa list', 'uptime', 'git status', 'pwd', 'whoami', 'mofa stop --all', 'cat notes.txt', 'date', 'free -m', 'npm test', 'mofa info', 'uname -a', 'ls /tmp'];
const files = ['notes.txt', 'readme.md', 'data.csv', 'main.py', 'config.json', 'letter.doc', 'todo.txt', 'report.pdf', 'photo.jpg', 'index.html'];
const syllables = ['ba', 'ko', 'ri', 'lu', 'ta', 'me', 'no', 'sa', 'vi', 'do', 'pe', 'gra', 'sto', 'fen', 'mar', 'bel', 'tor', 'lin', 'ham', 'ville', 'burg', 'ston', 'wick', 'qua', 'zel', 'shi'];

const made = r => {
	const name = Array.from({length: 2 + r.below(2)}, () => r.pick(syllables)).join('');
	return name[0].toUpperCase() + name.slice(1);
};
const place = r => (r.chance(0.5) ? r.pick(cities) : made(r));
const person = r => (r.chance(0.6) ? r.pick(people) : made(r));
const query = r => (r.chance(0.7) ? r.pick(words) : `${made(r).toLowerCase()} ${r.pick(words).split(' ').at(-1)}`);
const number = r => 1 + r.below(r.pick([9, 99, 999]));
const file = r => (r.chance(0.6) ? r.pick(files) : `${made(r).toLowerCase()}.${r.pick(['txt', 'md', 'csv', 'py'])}`);

/** One line per kind of tool: names, what it is, its arguments (names, type, value), questions, result, answer. */
const kinds = [
	{names: ['get_weather', 'weather', 'get_current_weather', 'fetch_weather', 'current_weather', 'getWeather', 'weather_lookup'], about: ['Get the weather for a city', 'Get the current weather', 'Weather in a place', 'Returns the current weather for a location'], args: [{names: ['city', 'location', 'place', 'town'], type: 'string', value: place}], asks: ['what is the weather in $0', "what's the weather like in $0", 'how is the weather in $0', 'weather in $0', 'is it raining in $0', 'will it rain in $0', 'weather $0', 'do i need an umbrella in $0', 'is it cold in $0 today', 'tell me the weather in $0', 'how warm is it in $0', 'what is the weather like in $0 today', 'weather in $0 please'], result: r => ({temperature: r.below(35), sky: r.pick(['sunny', 'cloudy', 'rainy', 'clear', 'windy'])}), say: (v, o) => `In ${v[0]} it is ${o.temperature} degrees and ${o.sky}.`},
	{names: ['get_time', 'current_time', 'time_in', 'get_current_time', 'clock', 'getTime'], about: ['Get the current time in a city', 'Current time for a place', 'Tell the time'], args: [{names: ['city', 'location', 'timezone', 'place'], type: 'string', value: place}], asks: ['what time is it in $0', 'time in $0', 'tell me the time in $0', 'how late is it in $0', 'what is the current time in $0', 'current time in $0', 'do you know the time in $0'], result: r => ({time: `${10 + r.below(13)}:${10 + r.below(49)}`}), say: (v, o) => `It is ${o.time} in ${v[0]}.`},
	{names: ['get_time', 'now', 'get_date', 'current_time', 'get_current_date', 'today'], about: ['Get the current date and time', 'The current time', 'Returns the date and time'], args: [], asks: ['what time is it', 'what is the date', 'which day is it', 'what day is today', 'tell me the time', 'current time please', "what's the time", 'what is the time now'], result: r => ({time: `${10 + r.below(13)}:${10 + r.below(49)}`}), say: (v, o) => `It is ${o.time}.`},
	{names: ['run_command', 'shell', 'execute', 'run_shell', 'bash', 'exec_command', 'terminal'], about: ['Run a shell command', 'Execute a command in the shell', 'Run a command and return its output'], args: [{names: ['command', 'cmd', 'line'], type: 'string', value: r => r.pick(commands)}], asks: ['run $0', 'execute $0', 'please run $0', 'run the command $0', 'what does $0 print', 'show me the output of $0', 'can you run $0 for me', 'execute the command $0'], result: r => ({output: r.pick(['ok', 'done', 'guide', '3 files', 'up 2 days', 'nothing'])}), say: (v, o) => `The output is: ${o.output}`},
	{names: ['search', 'web_search', 'search_web', 'find', 'lookup', 'google', 'search_docs'], about: ['Search the web', 'Search for something', 'Find pages about a topic', 'Search the documents'], args: [{names: ['query', 'q', 'text', 'term'], type: 'string', value: query}], asks: ['search for $0', 'look up $0', 'find $0', 'search the web for $0', 'find something about $0', 'please search $0', 'google $0', 'what can you find about $0', 'search $0'], result: r => ({title: `All about ${r.pick(words)}`}), say: (v, o) => `I found: ${o.title}`},
	{names: ['add', 'sum', 'add_numbers', 'calculator_add', 'plus'], about: ['Add two numbers', 'The sum of two numbers'], args: [{names: ['a', 'x', 'first'], type: 'number', value: number}, {names: ['b', 'y', 'second'], type: 'number', value: number}], asks: ['what is $0 plus $1', 'add $0 and $1', 'what is $0 + $1', '$0 + $1', 'the sum of $0 and $1', 'how much is $0 plus $1', 'calculate $0 + $1'], result: r => ({result: number(r)}), say: (v, o) => `The result is ${o.result}.`},
	{names: ['multiply', 'times', 'product', 'multiply_numbers'], about: ['Multiply two numbers', 'The product of two numbers'], args: [{names: ['a', 'x', 'first'], type: 'number', value: number}, {names: ['b', 'y', 'second'], type: 'number', value: number}], asks: ['what is $0 times $1', 'multiply $0 and $1', 'multiply $0 by $1', '$0 * $1', 'how much is $0 times $1', 'what is $0 * $1'], result: r => ({result: number(r)}), say: (v, o) => `The result is ${o.result}.`},
	{names: ['calculate', 'calculator', 'evaluate', 'math', 'compute'], about: ['Evaluate an expression', 'A calculator', 'Do arithmetic'], args: [{names: ['expression', 'expr', 'input', 'formula'], type: 'string', value: r => `${number(r)} ${r.pick(['+', '-', '*', '/'])} ${number(r)}`}], asks: ['what is $0', 'calculate $0', 'compute $0', 'how much is $0', '$0', 'solve $0', "what's $0", 'evaluate $0'], result: r => ({result: number(r)}), say: (v, o) => `The result is ${o.result}.`},
	{names: ['send_message', 'send_email', 'message', 'email', 'notify', 'send_mail'], about: ['Send a message to someone', 'Send an email', 'Notify a person'], args: [{names: ['to', 'recipient', 'name', 'person'], type: 'string', value: person}, {names: ['text', 'body', 'message', 'content'], type: 'string', value: r => r.pick(['hello', 'I am late', 'see you soon', 'happy birthday', 'call me', 'dinner at eight', 'thanks', 'good night', 'the model is ready'])}], asks: ['send $0 the message $1', 'tell $0 $1', 'write to $0: $1', 'send a message to $0: $1', 'send $1 to $0', 'email $0: $1', 'message $0 $1'], result: () => ({sent: true}), say: v => `Your message to ${v[0]} is sent.`},
	{names: ['play_music', 'play_song', 'play', 'music_player'], about: ['Play a song', 'Play music'], args: [{names: ['song', 'title', 'track'], type: 'string', value: r => (r.chance(0.5) ? r.pick(songs) : made(r))}], asks: ['play $0', 'play the song $0', 'put on $0', 'i want to hear $0', 'please play $0', 'can you play $0'], result: () => ({playing: true}), say: v => `Now playing ${v[0]}.`},
	{names: ['set_light', 'switch_light', 'lights', 'light_on', 'turn_on_light'], about: ['Switch the light in a room', 'Control a light', 'Turn on the light'], args: [{names: ['room', 'where', 'location'], type: 'string', value: r => r.pick(rooms)}], asks: ['turn on the light in the $0', 'switch on the $0 light', 'light in the $0 please', 'make light in the $0', 'turn the $0 light on', 'lights on in the $0'], result: () => ({ok: true}), say: v => `The light in the ${v[0]} is on.`},
	{names: ['read_file', 'open_file', 'cat', 'get_file', 'load_file'], about: ['Read a file', 'Return the content of a file', 'Open a file'], args: [{names: ['path', 'file', 'filename', 'name'], type: 'string', value: file}], asks: ['read $0', 'open $0', 'what is in $0', 'show me $0', 'read the file $0', 'show the content of $0', 'print $0', 'open the file $0'], result: r => ({content: r.pick(['buy milk', 'hello', 'x,y', 'a list of names', 'empty'])}), say: (v, o) => `${v[0]} says: ${o.content}`},
	{names: ['set_timer', 'timer', 'start_timer', 'countdown'], about: ['Start a timer', 'Set a timer in minutes'], args: [{names: ['minutes', 'duration', 'time'], type: 'integer', value: number}], asks: ['set a timer for $0 minutes', 'timer $0 minutes', 'start a timer of $0 minutes', 'wake me in $0 minutes', 'count down $0 minutes', 'remind me in $0 minutes'], result: () => ({ok: true}), say: v => `The timer runs for ${v[0]} minutes.`},
	{names: ['get_stock_price', 'stock', 'stock_price', 'quote', 'get_price'], about: ['Get the price of a stock', 'Stock price by company', 'Look up a price'], args: [{names: ['symbol', 'company', 'ticker', 'name'], type: 'string', value: made}], asks: ['what is the stock price of $0', 'price of $0', 'how is $0 stock doing', 'what does $0 cost', 'get the price of $0', 'how much is a share of $0'], result: r => ({price: number(r)}), say: (v, o) => `${v[0]} is at ${o.price}.`},
	{names: ['translate', 'translate_text', 'to_language'], about: ['Translate a text', 'Translate into a language'], args: [{names: ['text', 'input', 'sentence'], type: 'string', value: r => r.pick(['hello', 'good morning', 'thank you', 'the cat', 'where is the station', 'i am tired', 'cheese'])}, {names: ['language', 'target', 'to', 'lang'], type: 'string', value: r => r.pick(['French', 'German', 'Spanish', 'Italian', 'Japanese', 'Dutch'])}], asks: ['translate $0 into $1', 'translate $0 to $1', 'what is $0 in $1', 'how do you say $0 in $1', 'say $0 in $1'], result: r => ({text: made(r)}), say: (v, o) => `It is: ${o.text}`},
	{names: ['create_task', 'add_todo', 'todo', 'add_task', 'create_note', 'remember'], about: ['Add a task to the list', 'Save a note', 'Create a to-do'], args: [{names: ['title', 'text', 'task', 'note'], type: 'string', value: r => r.pick(['buy milk', 'call mum', 'water the plants', 'pay the rent', 'clean the car', 'book a table', `visit ${made(r)}`, `mail ${person(r)}`])}], asks: ['add $0 to my list', 'note: $0', 'remember to $0', 'put $0 on my list', 'remind me to $0', 'create a task: $0', 'i have to $0, write it down'], result: () => ({ok: true}), say: v => `Noted: ${v[0]}.`},
];

const verbs = ['get', 'find', 'make', 'check', 'open', 'show', 'list', 'count', 'book', 'order', 'track', 'rate', 'sell'];
const nouns = ['ticket', 'room', 'car', 'pet', 'book', 'invoice', 'recipe', 'user', 'parcel', 'train', 'meal', 'plant', 'robot', 'sensor', 'score'];

/** A tool nobody has seen: its name and argument can only be copied. */
function unheardOf(r) {
	const [verb, noun] = [r.pick(verbs), r.pick(nouns)];
	const argument = r.pick(['id', 'name', 'number', 'title', 'key', noun, `${noun}_id`]);
	return {names: [`${verb}_${noun}`], about: [`${verb} a ${noun}`], args: [{names: [argument], type: 'string', value: r => (r.chance(0.4) ? `${made(r)[0]}${number(r)}` : made(r))}], asks: [`${verb} the ${noun} $0`, `${verb} ${noun} $0`, `please ${verb} the ${noun} $0`, `can you ${verb} the ${noun} $0`, `i want to ${verb} the ${noun} $0`], result: r => ({status: r.pick(['done', 'ok', 'ready'])}), say: (v, o) => `The ${noun} ${v[0]} is ${o.status}.`};
}

/** Up to four rounds with the same tools: each is one more name and one more value to copy. */
export function toolConversation(r, plain, most = 4) {
	const declared = [];
	for (let wanted = 1 + r.below(most > 1 ? 3 : 2); declared.length < wanted; ) {
		const kind = r.chance(0.35) ? unheardOf(r) : r.pick(kinds);
		const clash = declared.some(other => other.kind.about[0] === kind.about[0] || kind.names.some(name => other.kind.names.includes(name)));
		if (clash) wanted--;
		else declared.push(declare(r, kind));
	}
	const messages = [];
	if (r.chance(0.2)) messages.push({role: 'system', content: r.pick(['You are a helpful assistant.', 'Use the tools when they help.', 'You are the mofa guide.'])});
	for (let rounds = most > 1 ? r.pick([1, 1, 2, 3]) : 1; rounds > 0; rounds--) {
		if (r.chance(0.12)) messages.push(...plain());
		messages.push(...round(r, r.pick(declared)));
	}
	return {messages, tools: declared.map(({schema}) => schema)};
}

function round(r, tool) {
	const values = tool.kind.args.map(({value}) => value(r));
	const ask = r.pick(tool.kind.asks).replace(/\$(\d)/g, (_, i) => values[i]);
	const end = /^(what|how|is|will|do|can|which|where)/i.test(ask) ? '?' : '.';
	const text = r.chance(0.5) ? ask : ask[0].toUpperCase() + ask.slice(1) + (r.chance(0.7) ? end : '');
	const call = {name: tool.name, arguments: Object.fromEntries(tool.args.map((name, i) => [name, values[i]]))};
	const turn = [{role: 'user', content: text}, {role: 'assistant', content: '', tool_calls: [call]}];
	if (r.chance(0.4)) return turn;
	const result = tool.kind.result(r);
	return [...turn, {role: 'tool', content: JSON.stringify(result)}, {role: 'assistant', content: tool.kind.say(values, result)}];
}

/** With tools at hand, but asked something that needs none. */
export function idleTools(r, plain) {
	const tools = Array.from({length: 1 + r.below(2)}, () => declare(r, r.chance(0.3) ? unheardOf(r) : r.pick(kinds)).schema);
	return {messages: plain(), tools};
}

function declare(r, kind) {
	const name = r.pick(kind.names);
	const args = kind.args.map(({names}) => r.pick(names));
	const properties = Object.fromEntries(
		kind.args.map(({type}, i) => [args[i], {type, ...(r.chance(0.3) ? {description: r.pick([`the ${args[i]}`, 'as text', 'what is meant', `${args[i]} to use`])} : {})}]),
	);
	const described = {name, ...(r.chance(0.85) ? {description: r.pick(kind.about)} : {}), parameters: {type: 'object', properties, ...(r.chance(0.6) && args.length > 0 ? {required: args} : {})}};
	return {kind, name, args, schema: {type: 'function', function: described}};
}

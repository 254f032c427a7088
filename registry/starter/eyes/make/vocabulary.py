"""The tokenizer: byte-level BPE of 512 pieces, then SmolVLM's special tokens.

    python3 vocabulary.py    # questions and answers -> tokenizer.json (kept in the repository; change it only to train anew)
"""
import os
import random
import string

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from model import PICTURE_TOKENS

here = os.path.dirname(os.path.abspath(__file__))
file = os.path.join(here, 'tokenizer.json')
PIECES = 512
SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<fake_token_around_image>', '<image>', '<global-img>', '<end_of_utterance>']
_, START, PAD, AROUND, PICTURE, WHOLE, END = range(PIECES, PIECES + len(SPECIAL))
SIZE = PIECES + len(SPECIAL)

# As SmolVLM's, but for a space before every question, for pictures that come before it, and for instructions, which it does not know.
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'] | capitalize }}:"
    "{% if message['content'] is string %}{{ ' ' + (message['content'] | trim) }}{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% endif %}{% endfor %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ ' ' + (part['text'] | trim) }}{% endif %}{% endfor %}{% endif %}"
    "<end_of_utterance>\n{% endif %}{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)


class Words:
    def __init__(self):
        self.tokenizer = Tokenizer.from_file(file)
        self.known = {}
        self.user, self.assistant = self.ids('User:'), [END, *self.ids('\nAssistant:')]
        self.again = self.ids('\nUser:')
        self.prefix = [START, *self.user, AROUND, WHOLE, *[PICTURE] * PICTURE_TOKENS, AROUND]

    def ids(self, text):
        if text not in self.known:
            self.known[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.known[text]

    def question(self, text):
        return [*self.ids(f' {text}'), *self.assistant] if text else self.assistant

    def answer(self, text):
        return [*self.ids(f' {text}'), END]

    def places(self, text):
        """For each piece of an answer but its end the place of its last character in `text`."""
        return [max(0, end - 2) for _, end in self.tokenizer.encode(f' {text}', add_special_tokens=False).offsets]

    def prompt(self, question, picture=True):
        return [*(self.prefix if picture else [START, *self.user]), *self.question(question)]

    def text(self, ids):
        return self.tokenizer.decode(ids).strip()


def make():
    from everyday import everyday
    from pictures import random_scene
    from questions import ask, off_topic, without

    words, numbers = random.Random(1), np.random.default_rng(1)
    texts = ['User:', '\nUser:', '\nAssistant:'] * 4000
    for _ in range(12000):
        scene = random_scene(numbers)
        for made in (ask(scene, words), ask(scene, words), off_topic(words), without(words)):
            texts += [f' {made[1]}', f' {made[2]}']
    texts += [f' {everyday(words)}' for _ in range(6000)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = list(string.ascii_lowercase + string.ascii_uppercase + string.digits + string.punctuation) + ['Ġ', 'Ċ']
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=PIECES, initial_alphabet=alphabet, show_progress=False))
    assert tokenizer.get_vocab_size() == PIECES
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in SPECIAL])
    tokenizer.save(file)
    some = [text for text in texts if len(text) > 12][:4000]
    print(tokenizer.get_vocab_size(), SIZE, sum(len(tokenizer.encode(text).ids) for text in some) / len(some), 'tokens;', [tokenizer.encode(text).tokens for text in (*some[:6], '\nAssistant:', 'User:')])


if __name__ == '__main__':
    make()

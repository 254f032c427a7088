"""The tokenizer: CLIP's (small letters, pairs of bytes merged, `</w>` at the end of a word), with a few hundred pieces of its own.

    python3 vocabulary.py    # writes ../tokenizer/, from the words that captions are made of
"""
import json
import os

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from scenes import caption, random_scene

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(os.path.dirname(here), 'tokenizer')
LENGTH = 32
BEGIN, END = '<|startoftext|>', '<|endoftext|>'
# Words that nobody taught, kept whole so that they are one strange word and not ten strange pieces.
OTHERS = '''photo photograph painting sketch cute beautiful simple bright dark light colorful nice round pretty small shape shapes figure object
objects scene landscape sky grass ground sea water snow beach sand field garden river mountain hill forest road street city sun moon star stars
cloud clouds rain day night evening morning winter summer spring boat ship house home building door window roof tree trees flower flowers cat cats dog
dogs bird fish horse man woman child boy girl person people car cars truck bus train plane bike ball balloon apple banana cake table chair book
oval line dots points corner side edge middle center between around behind near far and or not no without many few some several lots of both each
very more less bigger smaller seven eight nine ten zero first second third turquoise cyan teal gold golden silver beige magenta lime navy
style art cartoon icon flat logo minimal high quality detailed robot snowman snowmen castle rocket face smile eyes hat'''.split()


def train():
    random = np.random.default_rng(5)
    words = {}
    for _ in range(30000):
        for word in caption(random_scene(random), random, full=random.random() < 0.3).lower().replace(',', ' , ').replace('.', ' . ').split():
            words[word] = words.get(word, 0) + 1
    tokenizer = Tokenizer(models.BPE(unk_token=END, end_of_word_suffix='</w>', continuing_subword_prefix=''))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    letters = 'abcdefghijklmnopqrstuvwxyz0123456789.,!?-\'"():;&/'
    trainer = trainers.BpeTrainer(vocab_size=4000, min_frequency=2, initial_alphabet=list(letters), limit_alphabet=80, end_of_word_suffix='</w>', special_tokens=[], show_progress=False)
    tokenizer.train_from_iterator([word for word in [*words, *OTHERS] for _ in range(3)], trainer)
    pieces = [*letters, *(letter + '</w>' for letter in letters)]
    merges = [tuple(pair) if not isinstance(pair, str) else tuple(pair.split(' ')) for pair in json.loads(tokenizer.to_str())['model']['merges']]
    for pair in merges:
        if ''.join(pair) not in pieces:
            pieces.append(''.join(pair))
    return {piece: i for i, piece in enumerate([*pieces, BEGIN, END])}, merges


def build(vocabulary, merges):
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token=END, continuing_subword_prefix='', end_of_word_suffix='</w>', fuse_unk=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r'\s+'), ' '), normalizers.Lowercase()])
    split = Regex(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(split, behavior='removed', invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(sep=(END, vocabulary[END]), cls_token=(BEGIN, vocabulary[BEGIN]), trim_offsets=False, add_prefix_space=False)
    tokenizer.add_special_tokens([BEGIN, END])
    return tokenizer


def main():
    vocabulary, merges = train()
    os.makedirs(folder, exist_ok=True)
    write = lambda name, value: open(os.path.join(folder, name), 'w').write(json.dumps(value, ensure_ascii=False, indent=None if name == 'vocab.json' else 2) + '\n')
    write('vocab.json', vocabulary)
    with open(os.path.join(folder, 'merges.txt'), 'w') as file:
        file.write('#version: 0.2\n' + ''.join(f'{a} {b}\n' for a, b in merges))
    write('special_tokens_map.json', {'bos_token': BEGIN, 'eos_token': END, 'pad_token': END, 'unk_token': END})
    write('tokenizer_config.json', {'add_prefix_space': False, 'bos_token': BEGIN, 'clean_up_tokenization_spaces': True, 'do_lower_case': True, 'eos_token': END, 'errors': 'replace', 'model_max_length': LENGTH, 'pad_token': END, 'tokenizer_class': 'CLIPTokenizer', 'unk_token': END})
    build(vocabulary, merges).save(os.path.join(folder, 'tokenizer.json'), pretty=False)
    print(len(vocabulary), 'pieces')


class Words:
    """Captions to rows of LENGTH ids; what was split once is remembered."""

    def __init__(self):
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, 'tokenizer.json'))
        self.size = self.tokenizer.get_vocab_size()
        self.begin, self.end = (self.tokenizer.token_to_id(one) for one in (BEGIN, END))
        self.known = {}

    def ids(self, text):
        made = [self.begin]
        for word in text.split():
            if word not in self.known:
                self.known[word] = self.tokenizer.encode(word, add_special_tokens=False).ids
            made += self.known[word]
        made = made[: LENGTH - 1]
        return np.array(made + [self.end] * (LENGTH - len(made)), np.int64)


if __name__ == '__main__':
    main()

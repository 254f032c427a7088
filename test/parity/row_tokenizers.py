"""Writes small tokenizers of the kinds of XLM-RoBERTa (e5, bge-m3) and Gemma (embeddinggemma), and what Python makes of texts.

    python row_tokenizers.py        needs sentencepiece, protobuf, tokenizers; learned from this project's own pages

The layout is that of the real tokenizer.json; only the table of characters that XLM-RoBERTa's brings (a third of a megabyte)
is left out of the file, for the library in mofa does not read it: it puts texts into NFKC itself. Where the two differ is
known: a mark of its own after a letter that the table writes anew ("Ａ̂"), and emoji joined out of several.
"""
import glob
import json
import os
import random
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as pb
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
LINES = [
    'Der schnelle braune Fuchs springt über den faulen Hund.', 'El zorro marrón salta sobre el perro perezoso.', 'Быстрая коричневая лиса прыгает через ленивую собаку.',
    '敏捷的棕色狐狸跳过了懒狗。', '素早い茶色の狐がのろまな犬を飛び越える。', 'الثعلب البني السريع يقفز فوق الكلب الكسول.', 'तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है।', '빠른 갈색 여우가 게으른 개를 뛰어넘는다.',
]
TEXTS = [
    'How do I turn a recording into text?', 'query: mofa run qwen3 "hi"', '  two   spaces\tand\na line  ', 'Ｆｕｌｌｗｉｄｔｈ ＡＢＣ１２３，ｏｋ？', '½ ⅓ ² ³ ① ㍿ ﬁne ﬂow ™ … — “quoted” ‘single’', '素早い茶色の狐がのろまな犬を飛び越える。ﾊﾝｶｸ',
    '敏捷的棕色狐狸～跳过了懒狗！', '빠른 갈색 여우가', 'zero\u200bwidth soft\u00adhyphen nb\u00a0sp', 'emoji 😀 🇩🇪', 'عربي السريع ﷺ', 'हिन्दी कुत्ते', '<s> injected </s> x', '▁underscore ▁', 'Über Straße İstanbul ẞ', 'a\u0000b\u0007c', '', '   ', '\u3000全角', 'Ⅷ ℃ ㎏ ℡ µ Ω',
]
POOL = 'abc deÄöü ßéèŷ中文かなカナ한글अआب،١٢½²™…ﬁ①Ａ１～〜\u200b\u3000\u00a0😀👍'


def learned(**options):
    pages = [line for file in sorted(glob.glob(os.path.join(root, '*.md')) + glob.glob(os.path.join(root, 'registry/starter/*/README.md'))) for line in open(file).read().split('\n') if line.strip()]
    with tempfile.TemporaryDirectory() as folder:
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(pages + LINES * 8), model_prefix=f'{folder}/made', vocab_size=600, hard_vocab_limit=False, minloglevel=2, **options)
        model = pb.ModelProto()
        model.ParseFromString(open(f'{folder}/made.model', 'rb').read())
        return model


def xlm_roberta():
    model = learned(model_type='unigram', character_coverage=0.9995, normalization_rule_name='nmt_nfkc', bos_id=0, eos_id=1, unk_id=2, pad_id=-1)
    special = ['<s>', '<pad>', '</s>', '<unk>']
    vocabulary = [(name, 0.0) for name in special] + [(piece.piece, piece.score) for piece in model.pieces[3:]] + [('<mask>', 0.0)]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    made.normalizer = normalizers.Sequence([normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap), normalizers.Replace(Regex(' {2,}'), ' ')])
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement='▁', prepend_scheme='always')])
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in special])
    return made


def gemma():
    model = learned(model_type='bpe', character_coverage=0.99, byte_fallback=True, normalization_rule_name='identity', add_dummy_prefix=False, remove_extra_whitespaces=False, split_digits=True, pad_id=0, eos_id=1, bos_id=2, unk_id=3)
    ids = {piece.piece: i for i, piece in enumerate(model.pieces)}
    cuts = [(ids[piece], piece[:at], piece[at:]) for piece in ids for at in range(1, len(piece)) if piece[:at] in ids and piece[at:] in ids and model.pieces[ids[piece]].type == 1]
    merges = [(left, right) for _, left, right in sorted(cuts, key=lambda cut: (cut[0], ids[cut[1]], ids[cut[2]]))]
    made = Tokenizer(models.BPE(ids, merges, unk_token='<unk>', fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Replace(' ', '▁')
    made.pre_tokenizer = pre_tokenizers.Split(' ', 'merged_with_previous')
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in ('<pad>', '<eos>', '<bos>')])
    return made


def write(name, made):
    folder = os.path.join(root, 'test/fixtures/tokenizers', name)
    os.makedirs(folder, exist_ok=True)
    written = json.loads(made.to_str())
    for one in (written['normalizer'] or {}).get('normalizers', []):
        if one['type'] == 'Precompiled':
            one['precompiled_charsmap'] = ''
    drawn = random.Random(1)
    texts = TEXTS + [''.join(drawn.choice(POOL) for _ in range(drawn.randint(1, 40))) for _ in range(100)]
    reference = [{'text': text, 'tokens': made.encode(text, add_special_tokens=False).ids} for text in texts]
    json.dump(written, open(os.path.join(folder, 'tokenizer.json'), 'w'), ensure_ascii=False, separators=(',', ':'))
    json.dump(reference, open(os.path.join(folder, 'reference.json'), 'w'), ensure_ascii=False, separators=(',', ':'))


write('xlm-roberta', xlm_roberta())
write('gemma', gemma())

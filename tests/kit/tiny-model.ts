/*
 * A language model of 250 kB that really runs: one layer of random weights, in llama.cpp's format,
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. What it writes makes no sense.
 */
const WIDTH = 64
const HEADS = 4
const FEED_FORWARD = 128
/** Tokens of context that it claims to have been trained for. */
const CONTEXT = 8192
/** Numbers of GGUF's types of values. */
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, array: 9 }

const WORDS = [
  '▁hack',
  '▁team',
  '▁build',
  '▁idea',
  '▁the',
  '▁a',
  '▁lemon',
  '▁model',
  '▁code',
  '▁ship',
  '▁demo',
  '▁stop',
]
const CHARACTERS = Array.from(
  '▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?:;\'"-_/()[]{}<>|#@&*+=%$',
)
const BYTES = Array.from({ length: 256 }, (_, n) => `<0x${n.toString(16).toUpperCase().padStart(2, '0')}>`)
const TOKENS = ['<unk>', '<s>', '</s>', ...BYTES, ...WORDS, ...CHARACTERS]
/** The kind of each token: unknown, control, byte, or normal. */
const KINDS = TOKENS.map((_, n) => (n === 0 ? 2 : n < 3 ? 3 : n < 259 ? 6 : 1))
const TEMPLATE =
  "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"

/** The file, the same every time. */
export function tinyModel(): Buffer {
  const random = gauss()
  const some = (count: number, spread: number) => Float32Array.from({ length: count }, () => random() * spread)
  const ones = new Float32Array(WIDTH).fill(1)
  const square = () => some(WIDTH * WIDTH, 0.1)
  // Makes it write words, not single bytes.
  const output = Float32Array.from({ length: WIDTH * TOKENS.length }, (_, n) => {
    const token = Math.floor(n / WIDTH)
    return random() * (token >= 259 && token < 259 + WORDS.length ? 1 : 0.001)
  })
  return file([
    ['token_embd.weight', [WIDTH, TOKENS.length], some(WIDTH * TOKENS.length, 1)],
    ['output.weight', [WIDTH, TOKENS.length], output],
    ['output_norm.weight', [WIDTH], ones],
    ['blk.0.attn_norm.weight', [WIDTH], ones],
    ['blk.0.ffn_norm.weight', [WIDTH], ones],
    ...['q', 'k', 'v', 'output'].map((name): Tensor => [`blk.0.attn_${name}.weight`, [WIDTH, WIDTH], square()]),
    ['blk.0.ffn_gate.weight', [WIDTH, FEED_FORWARD], some(WIDTH * FEED_FORWARD, 0.1)],
    ['blk.0.ffn_up.weight', [WIDTH, FEED_FORWARD], some(WIDTH * FEED_FORWARD, 0.1)],
    ['blk.0.ffn_down.weight', [FEED_FORWARD, WIDTH], some(WIDTH * FEED_FORWARD, 0.1)],
  ])
}

type Tensor = [name: string, shape: number[], values: Float32Array]

function file(tensors: Tensor[]): Buffer {
  const facts = metadata()
  const infos: Buffer[] = []
  const blobs: Buffer[] = []
  let offset = 0
  for (const [name, shape, values] of tensors) {
    infos.push(text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset))
    const blob = padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength))
    blobs.push(blob)
    offset += blob.length
  }
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(facts.length)]
  return Buffer.concat([padded(Buffer.concat([...head, ...facts, ...infos])), ...blobs])
}

function metadata(): Buffer[] {
  const number = (name: string, value: number) => Buffer.concat([text(name), u32(TYPE.u32), u32(value)])
  const words = (name: string, value: string) => Buffer.concat([text(name), u32(TYPE.text), text(value)])
  const flag = (name: string, value: boolean) =>
    Buffer.concat([text(name), u32(TYPE.bool), Buffer.from([value ? 1 : 0])])
  const list = (name: string, type: number, items: Buffer[]) =>
    Buffer.concat([text(name), u32(TYPE.array), u32(type), u64(items.length), ...items])
  return [
    words('general.architecture', 'llama'),
    words('general.name', 'tiny-random'),
    number('general.file_type', 0),
    number('llama.context_length', CONTEXT),
    number('llama.embedding_length', WIDTH),
    number('llama.block_count', 1),
    number('llama.feed_forward_length', FEED_FORWARD),
    number('llama.attention.head_count', HEADS),
    number('llama.attention.head_count_kv', HEADS),
    Buffer.concat([text('llama.attention.layer_norm_rms_epsilon'), u32(TYPE.f32), f32(1e-5)]),
    number('llama.rope.dimension_count', WIDTH / HEADS),
    number('llama.vocab_size', TOKENS.length),
    words('tokenizer.ggml.model', 'llama'),
    words('tokenizer.ggml.pre', 'default'),
    list('tokenizer.ggml.tokens', TYPE.text, TOKENS.map(text)),
    list(
      'tokenizer.ggml.scores',
      TYPE.f32,
      TOKENS.map((_, n) => f32(n < 259 ? 0 : 258 - n)),
    ),
    list('tokenizer.ggml.token_type', TYPE.i32, KINDS.map(u32)),
    number('tokenizer.ggml.bos_token_id', 1),
    number('tokenizer.ggml.eos_token_id', 2),
    number('tokenizer.ggml.unknown_token_id', 0),
    flag('tokenizer.ggml.add_bos_token', true),
    flag('tokenizer.ggml.add_eos_token', false),
    words('tokenizer.chat_template', TEMPLATE),
  ]
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(value))
  return buffer
}

function f32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeFloatLE(value)
  return buffer
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u64(bytes.length), bytes])
}

function padded(buffer: Buffer): Buffer {
  return Buffer.concat([buffer, Buffer.alloc((32 - (buffer.length % 32)) % 32)])
}

/** Normally distributed numbers, the same every time. */
function gauss(): () => number {
  let state = 7
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 1) / 4_294_967_297
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

/**
 * The host name that a connection is for, by its first bytes: the Host of an HTTP request, or the name that a TLS client
 * sends before anything is encrypted (RFC 6066, 3). Null if these bytes do not tell.
 */
export function sniffHost(first: Buffer): string | null {
  // 22: a TLS handshake record.
  if (first[0] === 22) return serverName(first)
  const head = first.toString('latin1')
  return /\r\nhost:[ \t]*([^\r\n]*?)[ \t]*\r\n/i.exec(head)?.[1] ?? null
}

/** Walks through a ClientHello (RFC 8446, 4.1.2) to the extension that names the server. */
function serverName(record: Buffer): string | null {
  try {
    // Record and handshake headers, version and random; then session id, cipher suites and compression, each with its length.
    let at = 5 + 4 + 2 + 32
    at += 1 + record.readUInt8(at)
    at += 2 + record.readUInt16BE(at)
    at += 1 + record.readUInt8(at)
    const end = at + 2 + record.readUInt16BE(at)
    for (at += 2; at < end;) {
      const [type, length] = [record.readUInt16BE(at), record.readUInt16BE(at + 2)]
      // A list with one name, whose type is host name.
      if (type === 0) return record.toString('latin1', at + 9, at + 9 + record.readUInt16BE(at + 7)) || null
      at += 4 + length
    }
  } catch {
    // The hello is longer than these bytes, or it is not a hello.
  }
  return null
}

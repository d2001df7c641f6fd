/**
 * The host name that a connection is for, by its first bytes: the Host of an HTTP request, or the name that a TLS client
 * asks for before anything is encrypted (RFC 6066, 3). Null when it cannot be told from these.
 */
export function hostOf(first: Buffer): string | null {
  // A TLS record of a handshake.
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
      // A list of names, of which there is one, of the type that is a host name.
      if (type === 0) return record.toString('latin1', at + 9, at + 9 + record.readUInt16BE(at + 7)) || null
      at += 4 + length
    }
  } catch {
    // Longer than one piece, or no hello at all.
  }
  return null
}

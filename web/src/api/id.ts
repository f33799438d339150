/** Crockford's base32 in lower case, as the server has it. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Returns a random id of a note or an operation: 12 characters of 5 bits. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => alphabet[byte & 31]).join('')
}

// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Immutable bytes: what the kernel calls a path or a name, and contents that are only carried along. */
public final class ByteString {
    public static final ByteString EMPTY = new ByteString(new byte[0]);

    private final byte[] bytes;

    private ByteString(byte[] bytes) {
        this.bytes = bytes;
    }

    public static ByteString of(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new ByteString(bytes.clone());
    }

    /** The UTF-8 bytes of the text. */
    public static ByteString of(String text) {
        return text.isEmpty() ? EMPTY : new ByteString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The next bytes of a buffer, which moves behind them. */
    static ByteString take(ByteBuffer buffer, int length) {
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return new ByteString(bytes);
    }

    public int length() {
        return bytes.length;
    }

    public boolean isEmpty() {
        return bytes.length == 0;
    }

    /** The byte at an index, 0 to 255. */
    public int get(int index) {
        return bytes[index] & 0xff;
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    /** A little-endian read-only view. */
    public ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The bytes before the first NUL. */
    public ByteString untilNul() {
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                return new ByteString(Arrays.copyOf(bytes, i));
            }
        }
        return this;
    }

    boolean hasNul() {
        for (byte b : bytes) {
            if (b == 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ByteString that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** The text for people: UTF-8 where it is that, control characters and other bytes escaped as in C. */
    @Override
    public String toString() {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(buffer()).toString();
        } catch (CharacterCodingException notUtf8) {
            text = null;
        }
        StringBuilder out = new StringBuilder(bytes.length + 8);
        if (text != null) {
            text.codePoints().forEach(c -> escape(out, c, c >= 0xa0));
        } else {
            for (byte b : bytes) {
                escape(out, b & 0xff, false);
            }
        }
        return out.toString();
    }

    private static void escape(StringBuilder out, int c, boolean printable) {
        if (c == '\n') {
            out.append("\\n");
        } else if (c == '\t') {
            out.append("\\t");
        } else if (c == '\r') {
            out.append("\\r");
        } else if (c == '\\' || c == '"') {
            out.append('\\').append((char) c);
        } else if (printable || c >= 0x20 && c < 0x7f) {
            out.appendCodePoint(c);
        } else {
            out.append(String.format("\\%03o", c));
        }
    }
}

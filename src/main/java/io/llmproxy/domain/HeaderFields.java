package io.llmproxy.domain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The header fields of a request or an answer, in the order and spelling in which they came; names are ASCII and compare
 * without regard to case (RFC 9110, section 5.1). Not thread-safe while it is filled.
 *
 * <p>Most questions are about fields that are not there. A word of 64 bits, one for each length and first letter that some
 * name has, answers nearly all of these without a look at the names.
 */
public final class HeaderFields {
    /** No fields; none can be added. */
    public static final HeaderFields NONE = new HeaderFields(new String[0]);

    private static final int USUAL = 12;
    /** Of the byte that is kept for each field, beside the number of its name's bit: whether it is plain. */
    private static final byte PLAIN = 64;

    private static final int NUMBER = 63;

    // name, value, name, value …
    private String[] fields;
    /** The number of the bit of each field's name, since most others are told from it without a look at the name; and {@link #PLAIN}. */
    private byte[] bits;

    private int used;
    private long kinds;

    public HeaderFields() {
        this(new String[2 * USUAL]);
    }

    /** Empty, with room for as many as are to come. */
    public static HeaderFields withRoom(int count) {
        return new HeaderFields(new String[2 * Math.max(1, count)]);
    }

    private HeaderFields(String[] fields) {
        this.fields = fields;
        this.bits = new byte[fields.length / 2];
    }

    public static HeaderFields of(String... namesAndValues) {
        HeaderFields fields = new HeaderFields();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    public HeaderFields add(String name, String value) {
        return plain(name, value) ? addPlain(name, value) : append(name, value, (byte) number(name));
    }

    /** Adds a field that is {@link #plain(String, String) plain}, as the caller knows without a look at its characters. */
    public HeaderFields addPlain(String name, String value) {
        return append(name, value, (byte) (number(name) | PLAIN));
    }

    /** Adds a field of others, by its index there, with all that is known of it. */
    public HeaderFields addFrom(HeaderFields others, int index) {
        return append(others.fields[2 * index], others.fields[2 * index + 1], others.bits[index]);
    }

    private HeaderFields append(String name, String value, byte known) {
        if (used == fields.length) {
            if (fields.length == 0) {
                throw new UnsupportedOperationException("No field can be added to what has none by definition.");
            }
            fields = Arrays.copyOf(fields, 2 * used);
            bits = Arrays.copyOf(bits, used);
        }
        fields[used] = name;
        fields[used + 1] = value;
        bits[used / 2] = known;
        used += 2;
        kinds |= 1L << (known & NUMBER);
        return this;
    }

    /** Replaces every field of that name by one. */
    public HeaderFields set(String name, String value) {
        remove(name);
        return add(name, value);
    }

    public HeaderFields remove(String name) {
        for (int i = after(0, name); i >= 0; i = after(i, name)) {
            System.arraycopy(fields, i + 2, fields, i, used - i - 2);
            System.arraycopy(bits, i / 2 + 1, bits, i / 2, (used - i) / 2 - 1);
            used -= 2;
            Arrays.fill(fields, used, used + 2, null);
        }
        return this;
    }

    /** The value of the first field of that name. */
    public Optional<String> first(String name) {
        int at = after(0, name);
        return at < 0 ? Optional.empty() : Optional.of(fields[at + 1]);
    }

    /** The values of the fields of that name, in their order. */
    public List<String> all(String name) {
        int at = after(0, name);
        if (at < 0) {
            return List.of();
        }
        List<String> found = new ArrayList<>(2);
        for (; at >= 0; at = after(at + 2, name)) {
            found.add(fields[at + 1]);
        }
        return found;
    }

    /** How many fields have that name. */
    public int count(String name) {
        int count = 0;
        for (int at = after(0, name); at >= 0; at = after(at + 2, name)) {
            count++;
        }
        return count;
    }

    public boolean contains(String name) {
        return after(0, name) >= 0;
    }

    /** Whether a field of that name holds {@code token} in its comma-separated list, without regard to case. */
    public boolean containsToken(String name, String token) {
        for (int at = after(0, name); at >= 0; at = after(at + 2, name)) {
            if (holdsToken(fields[at + 1], token)) {
                return true;
            }
        }
        return false;
    }

    private static boolean holdsToken(String list, String token) {
        for (int from = 0, end; from <= list.length(); from = end + 1) {
            int comma = list.indexOf(',', from);
            end = comma < 0 ? list.length() : comma;
            if (end - from >= token.length()
                    && list.substring(from, end).strip().equalsIgnoreCase(token)) {
                return true;
            }
        }
        return false;
    }

    /** Where the next field of that name stands, from {@code from} on; -1: there is none. */
    private int after(int from, String name) {
        int number = number(name);
        if ((kinds >>> number & 1) == 0) {
            return -1;
        }
        for (int i = from; i < used; i += 2) {
            if ((bits[i / 2] & NUMBER) == number && fields[i].equalsIgnoreCase(name)) {
                return i;
            }
        }
        return -1;
    }

    /** The number of one of 64 bits, the same for names that differ in case alone. */
    static int number(String name) {
        int length = name.length();
        return length == 0 ? 0 : 7 * length + (name.charAt(0) | 0x20) & NUMBER;
    }

    /**
     * Whether a name is a token (RFC 9110, section 5.6.2) and a value is of printable ASCII, blanks included, as nearly all are: such
     * a field needs no further look wherever it goes. What is not may still be well-formed.
     */
    public static boolean plain(String name, String value) {
        return FieldText.token(name) && FieldText.printable(value);
    }

    /** Whether the field with that index is known to be {@link #plain(String, String) plain}. */
    public boolean plain(int index) {
        return (bits[index] & PLAIN) != 0;
    }

    /** Whether the field with that index has one of these names. */
    public boolean named(int index, FieldNames names) {
        return names.mayHold(bits[index] & NUMBER) && names.contains(fields[2 * index]);
    }

    public void forEach(BiConsumer<String, String> action) {
        for (int i = 0; i < used; i += 2) {
            action.accept(fields[i], fields[i + 1]);
        }
    }

    public int size() {
        return used / 2;
    }

    /** The name of the field with that index, from 0 to {@link #size} exclusive. */
    public String name(int index) {
        return fields[2 * index];
    }

    /** The value of the field with that index. */
    public String value(int index) {
        return fields[2 * index + 1];
    }

    /** The names alone: values may hold credentials. */
    @Override
    public String toString() {
        List<String> names = new ArrayList<>();
        forEach((name, value) -> names.add(name));
        return names.toString();
    }
}

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Takes the static symbol tables (`.symtab`, `.strtab`) out of shared libraries, as `strip` does and distributions require of
/// what they package; the dynamic linker uses `.dynsym` alone. In Java, since a build host need not have binutils of the
/// target's architecture. The tables are the last sections before the names of sections, so nothing that is loaded moves and
/// no other section gets another number; a library of another shape is left as it is.
///
/// The source of the layout: System V ABI, "Object Files" (ELF-64, little-endian).
final class SymbolTables {
    private static final int SECTION_HEADER = 64;
    private static final int SYMBOL_TABLE = 2;
    private static final int STRING_TABLE = 3;

    private SymbolTables() {}

    /// Bytes saved in the libraries under `directory`.
    static long strip(Path directory) throws IOException {
        long saved = 0;
        List<Path> libraries;
        try (Stream<Path> files = Files.walk(directory)) {
            libraries = files.filter(f -> f.toString().endsWith(".so")).filter(Files::isRegularFile).toList();
        }
        for (Path library : libraries) {
            byte[] whole = Files.readAllBytes(library);
            byte[] without = stripped(whole);
            Files.write(library, without);
            saved += whole.length - without.length;
        }
        return saved;
    }

    /// The same library without its static symbols; the same bytes where it has none or is no ELF-64 of this byte order.
    static byte[] stripped(byte[] library) {
        ByteBuffer elf = ByteBuffer.wrap(library).order(ByteOrder.LITTLE_ENDIAN);
        if (library.length < 64 || elf.getInt(0) != 0x464c457f || elf.get(4) != 2 || elf.get(5) != 1) {
            return library;
        }
        long headers = elf.getLong(40);
        int count = elf.getShort(60) & 0xffff;
        int names = elf.getShort(62) & 0xffff;
        int symbols = count - 3;
        boolean asExpected = elf.getShort(58) == SECTION_HEADER
                && symbols > 0
                && names == count - 1
                && headers + (long) count * SECTION_HEADER <= library.length
                && type(elf, headers, symbols) == SYMBOL_TABLE
                && type(elf, headers, symbols + 1) == STRING_TABLE
                && name(elf, headers, names, symbols).equals(".symtab")
                && name(elf, headers, names, symbols + 1).equals(".strtab");
        return asExpected ? without(elf, (int) headers, count, symbols) : library;
    }

    /// The loaded sections, then the names of sections, then the headers of all sections but the two.
    private static byte[] without(ByteBuffer elf, int headers, int count, int symbols) {
        int end = (int) elf.getLong(headers + symbols * SECTION_HEADER + 24);
        int namesHeader = headers + (count - 1) * SECTION_HEADER;
        int namesFrom = (int) elf.getLong(namesHeader + 24);
        int namesSize = (int) elf.getLong(namesHeader + 32);
        int table = (end + namesSize + 7) & -8;
        int left = count - 2;
        ByteBuffer out = ByteBuffer.allocate(table + left * SECTION_HEADER).order(ByteOrder.LITTLE_ENDIAN);
        out.put(0, elf, 0, end);
        out.put(end, elf, namesFrom, namesSize);
        out.put(table, elf, headers, symbols * SECTION_HEADER);
        int last = table + (left - 1) * SECTION_HEADER;
        out.put(last, elf, namesHeader, SECTION_HEADER);
        out.putLong(last + 24, end);
        out.putLong(40, table);
        out.putShort(60, (short) left);
        out.putShort(62, (short) (left - 1));
        return out.array();
    }

    private static int type(ByteBuffer elf, long headers, int section) {
        return elf.getInt((int) headers + section * SECTION_HEADER + 4);
    }

    private static String name(ByteBuffer elf, long headers, int names, int section) {
        int from = (int) elf.getLong((int) headers + names * SECTION_HEADER + 24)
                + elf.getInt((int) headers + section * SECTION_HEADER);
        int end = from;
        while (elf.get(end) != 0) {
            end++;
        }
        return new String(elf.array(), from, end - from, StandardCharsets.US_ASCII);
    }
}

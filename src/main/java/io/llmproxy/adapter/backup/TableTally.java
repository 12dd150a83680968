package io.llmproxy.adapter.backup;

import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableSink;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts rows and adds up what is in them, so that two copies can be compared whatever the order in which their rows come: databases
 * order ids and texts each in its own way.
 */
public final class TableTally implements TableSink {
    private final List<BackupManifest.Table> tables = new ArrayList<>();
    private final MessageDigest sha256 = sha256();
    private TableLayout table = new TableLayout("", List.of());
    private long rows;
    private long high;
    private long low;
    private long[] sums = {};

    @Override
    public void begin(TableLayout layout) {
        table = layout;
        rows = 0;
        high = 0;
        low = 0;
        sums = new long[layout.columns().size()];
    }

    @Override
    public void row(List<@Nullable Object> values) {
        row(values, RowText.encode(table, values));
    }

    /** @param text the row's own */
    void row(List<@Nullable Object> values, byte[] text) {
        byte[] hash = sha256.digest(text);
        high += number(hash, 0);
        low += number(hash, Long.BYTES);
        rows++;
        for (int i = 0; i < sums.length; i++) {
            if (values.get(i) instanceof Long number) {
                sums[i] += number;
            }
        }
    }

    private static long number(byte[] hash, int from) {
        long number = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            number = number << 8 | hash[from + i] & 0xff;
        }
        return number;
    }

    @Override
    public void end() {
        Map<String, Long> named = new TreeMap<>();
        for (int i = 0; i < sums.length; i++) {
            if (table.columns().get(i).kind() == TableLayout.Kind.NUMBER) {
                named.put(table.columns().get(i).name(), sums[i]);
            }
        }
        String digest = HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
        tables.add(new BackupManifest.Table(table.name(), table.columns(), rows, digest, named));
    }

    /** Those that have ended. */
    public List<BackupManifest.Table> tables() {
        return List.copyOf(tables);
    }

    /** Compares by rows, digests and sums; what differs, as sentences. */
    public static List<String> differences(List<BackupManifest.Table> wanted, List<BackupManifest.Table> found) {
        List<String> differences = new ArrayList<>();
        for (BackupManifest.Table w : wanted) {
            BackupManifest.Table f = found.stream()
                    .filter(t -> t.name().equals(w.name()))
                    .findFirst()
                    .orElse(null);
            if (f == null) {
                differences.add("the table " + w.name() + " is missing");
            } else if (f.rows() != w.rows()) {
                differences.add("the table " + w.name() + " has " + f.rows() + " rows instead of " + w.rows());
            } else if (!f.digest().equals(w.digest()) || !f.sums().equals(w.sums())) {
                differences.add("the table " + w.name() + " has other rows");
            }
        }
        return differences;
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

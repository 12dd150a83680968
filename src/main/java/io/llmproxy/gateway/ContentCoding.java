package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Content codings (RFC 9110, section 8.4): which a client accepts, and how those that the JDK knows are decoded. */
public final class ContentCoding {
    private static final Set<String> KNOWN = Set.of("gzip", "x-gzip", "deflate");

    private ContentCoding() {}

    /** Whether the gateway can decode it. */
    public static boolean known(String coding) {
        return KNOWN.contains(coding);
    }

    /** Of what the client accepts, what the gateway can read too. */
    static String acceptable(HeaderFields client) {
        List<String> left = new ArrayList<>();
        for (Choice choice : choices(client)) {
            if (choice.coding.equals("*") && choice.accepted) {
                left.add("gzip");
            } else if (choice.accepted && KNOWN.contains(choice.coding)) {
                left.add(choice.coding);
            }
        }
        return left.isEmpty() ? "identity" : String.join(", ", left);
    }

    /** Whether the client said that it takes the coding; silence is no yes, since clients that can decode say so. */
    public static boolean accepted(HeaderFields client, String coding) {
        boolean any = false;
        for (Choice choice : choices(client)) {
            if (choice.coding.equals(coding) || choice.coding.equals("gzip") && coding.equals("x-gzip")) {
                return choice.accepted;
            }
            any |= choice.coding.equals("*") && choice.accepted;
        }
        return any;
    }

    private record Choice(String coding, boolean accepted) {}

    private static List<Choice> choices(HeaderFields client) {
        List<Choice> out = new ArrayList<>();
        for (String value : client.all("accept-encoding")) {
            for (String item : value.toLowerCase(Locale.ROOT).split(",", -1)) {
                String[] parts = item.split(";", 2);
                String weight = parts.length < 2 ? "" : parts[1].replace(" ", "");
                out.add(new Choice(parts[0].strip(), !weight.matches("q=0(\\.0*)?")));
            }
        }
        return out;
    }

    /**
     * A request body without its coding, strictly: see {@link CodedBody}. Whoever opens it closes it.
     *
     * @throws IOException where it is not in that coding, as reading it on may too
     */
    public static InputStream strictly(String coding, InputStream in) throws IOException {
        return CodedBody.of(coding, in);
    }

    /**
     * The body without its coding; reads of the source begin with the first read, and bytes come as soon as they can. The source
     * is read to its own end before the end is told, so that one that breaks off behind the coded data is no complete answer.
     * A body that is not in the coding it names fails with an {@link IOException}.
     */
    public static InputStream decoded(String coding, InputStream in) {
        return new DecodedStream(coding.equals("deflate"), in);
    }
}

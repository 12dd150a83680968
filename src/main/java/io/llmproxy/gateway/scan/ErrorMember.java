package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;

/**
 * Whether a JSON document, or the first one of a list, says at its top level that something failed: by an {@code error} that is
 * neither null nor empty, wherever it stands, or by the type that an event of a failure has.
 */
enum ErrorMember {
    PRESENT,
    ABSENT,
    /** Not said in what there is of the document, which breaks off or is no JSON. */
    ABSENT_SO_FAR,
    /** Said in what there is of it. */
    PRESENT_SO_FAR;

    /** Whether the document was read to its end. */
    boolean whole() {
        return this == PRESENT || this == ABSENT;
    }

    boolean said() {
        return this == PRESENT || this == PRESENT_SO_FAR;
    }

    static ErrorMember in(byte[] beginning, int length) {
        JsonScanner json = new JsonScanner(beginning, 0, length);
        boolean said = false;
        boolean error = false;
        try {
            Token first = json.next();
            if ((first == Token.ARRAY_START ? json.next() : first) != Token.OBJECT_START) {
                return ABSENT;
            }
            while (json.next() == Token.NAME) {
                error = json.is("error");
                boolean type = json.is("type");
                Token value = json.next();
                said |= error ? says(json, value) : type && value == Token.STRING && failure(json);
                error = false;
                if (value == Token.OBJECT_START || value == Token.ARRAY_START) {
                    json.skipContainer();
                }
            }
            return said ? PRESENT : ABSENT;
        } catch (MalformedException e) {
            return said || error && textBegins(beginning, json.start(), length) ? PRESENT_SO_FAR : ABSENT_SO_FAR;
        }
    }

    /** Of a text that is longer than what was kept of it. */
    private static boolean textBegins(byte[] in, int at, int length) {
        return at + 1 < length && in[at] == '"' && in[at + 1] != '"';
    }

    private static boolean says(JsonScanner json, Token value) {
        return switch (value) {
            case NULL, FALSE -> false;
            case STRING -> json.end() - json.start() > 2;
            default -> true;
        };
    }

    private static boolean failure(JsonScanner json) {
        return json.is("error") || json.is("response.failed");
    }
}

package io.llmproxy.gateway.privacy;

/** What may follow a match and then belongs to it, however long it is; so that long ones need not be held to be told. */
enum Tail {
    NONE,
    /** The rest of a token. */
    TOKEN,
    /** The rest of a text in base64. */
    BASE64,
    /** The rest of a JWT. */
    JWT,
    /** The body of a PEM block with its last line, as far as it is there. */
    PEM;

    /**
     * Whether the character belongs to it.
     *
     * @param dashes how many dashes of a PEM block's last line have been seen
     */
    boolean takes(char c, int dashes) {
        return switch (this) {
            case NONE -> false;
            case TOKEN -> Window.isAlnum(c) || c == '_' || c == '-';
            case BASE64 -> Window.isAlnum(c) || c == '+' || c == '/' || c == '=';
            case JWT -> Window.isAlnum(c) || c == '_' || c == '-' || c == '.' || c == '=';
            case PEM ->
                dashes < PEM_DASHES
                        && (Window.isAlnum(c)
                                || c <= ' '
                                || c == '+'
                                || c == '/'
                                || c == '='
                                || c == '\\'
                                || c == ':'
                                || c == ','
                                || c == '-');
        };
    }

    /** Five before END and five at the end of that line. */
    static final int PEM_DASHES = 10;
}

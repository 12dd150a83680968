package io.llmproxy.gateway.scan;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds in a JSON answer, while it streams by, the id of the object that it describes and the files that the object came to have.
 * Members that lie deeper, where a client's own data may stand, are not taken for it. JSON is taken on trust.
 */
public final class IdScanner {
    /** What an id is of. */
    public enum Subject {
        /** The object that the answer describes. */
        OBJECT,
        /** A file that came of it: a batch's output, a finished upload. */
        FILE,
        /** A part of the response that the answer describes. */
        ITEM,
        /** The container in which such a part ran. */
        CONTAINER,
        /** The model that a fine-tuning job made. */
        MODEL
    }

    /** Told what was found, in order. */
    public interface Listener {
        void found(Subject subject, String id);
    }

    private static final int MAX_NAME = 16;
    private static final int MAX_ID = 4 * 1024;
    private static final byte[] NOTHING = {};

    private final Listener listener;
    private final boolean events;
    private final byte[] name = new byte[MAX_NAME];
    private int nameLength;
    private String outer = "";
    private String inner = "";
    private int depth;
    private boolean objectAtOne;
    private boolean objectAtTwo;
    private boolean objectAtThree;
    private boolean inString;
    private boolean escape;
    private boolean naming;
    private boolean nameExpected;
    private boolean capturing;
    private Subject subject = Subject.OBJECT;
    private byte[] captured = NOTHING;
    private int capturedLength;

    /** @param events whether the documents are events, which may have the object in their {@code response} */
    public IdScanner(boolean events, Listener listener) {
        this.events = events;
        this.listener = listener;
    }

    /** A new document begins. */
    public void restart() {
        depth = 0;
        inString = false;
        escape = false;
        naming = false;
        nameExpected = false;
        capturing = false;
        outer = "";
        inner = "";
    }

    public void feed(byte[] in, int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (inString) {
                string(in[i]);
            } else {
                structure(in[i]);
            }
        }
    }

    private void structure(byte b) {
        switch (b) {
            case '"' -> beginString();
            case '{', '[' -> open(b == '{');
            case '}', ']' -> {
                depth = Math.max(0, depth - 1);
                nameExpected = false;
            }
            case ',' ->
                nameExpected =
                        depth == 1 && objectAtOne || depth == 2 && objectAtTwo || depth == 3 && inOutput(objectAtThree);
            case ':' -> nameExpected = false;
            default -> {}
        }
    }

    private void open(boolean object) {
        depth++;
        if (depth == 1) {
            objectAtOne = object;
        } else if (depth == 2) {
            objectAtTwo = object;
            inner = "";
        } else if (depth == 3) {
            objectAtThree = object;
            inner = inOutput(object) ? "" : inner;
        }
        nameExpected = object && depth <= 2 || depth == 3 && inOutput(object);
    }

    /** Whether an object, or what is else at the third level, is one of a response's items. */
    private boolean inOutput(boolean object) {
        return object && objectAtOne && !objectAtTwo && outer.equals("output");
    }

    private void beginString() {
        inString = true;
        naming = nameExpected;
        nameLength = 0;
        capturing = !naming && wanted();
        capturedLength = 0;
        if (capturing) {
            capture((byte) '"');
        }
    }

    private boolean wanted() {
        Subject what = switch (depth) {
            case 1 -> objectAtOne ? atOne() : null;
            case 2 -> objectAtOne ? atTwo() : null;
            case 3 -> inOutput(objectAtThree) ? ofItem() : null;
            default -> null;
        };
        subject = what == null ? subject : what;
        return what != null;
    }

    private @Nullable Subject atOne() {
        return switch (outer) {
            case "id" -> Subject.OBJECT;
            case "output_file_id", "error_file_id" -> Subject.FILE;
            case "fine_tuned_model" -> Subject.MODEL;
            default -> null;
        };
    }

    private @Nullable Subject atTwo() {
        if (!objectAtTwo) {
            return outer.equals("result_files") ? Subject.FILE : null;
        }
        if (events && outer.equals("item")) {
            return ofItem();
        }
        if (!inner.equals("id")) {
            return null;
        }
        return switch (outer) {
            case "file" -> Subject.FILE;
            case "response" -> events ? Subject.OBJECT : null;
            default -> null;
        };
    }

    private @Nullable Subject ofItem() {
        return switch (inner) {
            case "id" -> Subject.ITEM;
            case "container_id" -> Subject.CONTAINER;
            default -> null;
        };
    }

    private void string(byte b) {
        if (!escape && b == '"') {
            endString();
            return;
        }
        escape = !escape && b == '\\';
        if (naming) {
            if (nameLength < MAX_NAME) {
                name[nameLength] = b;
            }
            nameLength++;
        } else if (capturing) {
            capture(b);
        }
    }

    private void capture(byte b) {
        if (capturedLength == MAX_ID) {
            // far beyond an id; what is told of it is what no id can be
            return;
        }
        if (capturedLength == captured.length) {
            captured = Arrays.copyOf(captured, Math.max(64, 2 * captured.length));
        }
        captured[capturedLength++] = b;
    }

    private void endString() {
        inString = false;
        if (naming) {
            String text = nameLength > MAX_NAME
                    ? ""
                    : new String(name, 0, nameLength, java.nio.charset.StandardCharsets.ISO_8859_1);
            if (depth == 1) {
                outer = text;
            } else {
                inner = text;
            }
        } else if (capturing) {
            capturing = false;
            capturedLength = Math.min(capturedLength, MAX_ID - 1);
            capture((byte) '"');
            tell();
        }
    }

    private void tell() {
        JsonScanner scanner = new JsonScanner(captured, 0, capturedLength);
        try {
            scanner.next();
        } catch (MalformedException e) {
            return;
        }
        listener.found(subject, scanner.text());
    }
}

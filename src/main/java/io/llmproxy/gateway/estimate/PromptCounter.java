package io.llmproxy.gateway.estimate;

import io.llmproxy.gateway.estimate.JsonPieces.Token;
import java.io.IOException;

/**
 * Counts the tokens of a request. Messages cost what OpenAI's cookbook says ("How to count tokens with tiktoken"): three each,
 * one more for a name, three for the reply to begin. An image of any API counts {@value #IMAGE}, what gpt-4o takes for 1024 by 1024
 * pixels, or {@value #SMALL_IMAGE} in low detail (OpenAI's guide "Images and vision"); sound, files and the schema of an answer's format
 * count nothing, since nobody publishes what they cost.
 */
final class PromptCounter {
    static final int PER_MESSAGE = 3;
    static final int PER_NAME = 1;
    static final int REPLY = 3;
    static final int IMAGE = 765;
    static final int SMALL_IMAGE = 85;

    private static final int DEEP = 32;
    private static final int WORD = 16;
    /** What a member of a message, or of a part of one, is to who counts it. */
    private enum Part {
        TEXT,
        HOLDER,
        /** Holds text where it is one, else what does. */
        EITHER,
        /** Anything below it that is text counts, whatever it is called. */
        FREE,
        IMAGE,
        DETAIL,
        /** Says what a block of Anthropic's is, and holds what is no text of it. */
        KIND,
        SOURCE,
        /** Google's images and other files. */
        FILE,
        /** Ollama's, a list. */
        IMAGES,
        NAME,
        NOTHING
    }

    private final JsonPieces json;
    private final TextTally counter;
    private final ToolCounter tools;
    private long overhead;

    PromptCounter(JsonPieces json, TextTally counter) {
        this.json = json;
        this.counter = counter;
        this.tools = new ToolCounter(json, counter);
    }

    /** Reads the request to its end. */
    long count(PromptShape shape) throws IOException {
        if (json.next() == Token.OBJECT) {
            for (Token t = json.next(); t == Token.NAME; t = json.next()) {
                member(shape, json.name(), json.next());
            }
        }
        boolean converses = switch (shape) {
            case CHAT, RESPONSE, MESSAGES, CONTENTS, OLLAMA -> true;
            case COMPLETION, EMBEDDING, EMBED_CONTENT, NONE -> false;
        };
        return counter.tokens() + overhead + tools.overhead() + (converses ? REPLY : 0);
    }

    private void member(PromptShape shape, String name, Token value) throws IOException {
        switch (meaning(shape, name)) {
            case CONVERSATION -> messages(value);
            case MESSAGE -> message(value);
            case INNER -> inner(shape, value);
            case CONTENT -> part(value, false, 0);
            case REQUESTS -> requests(value);
            case TOOLS -> tools.read(value);
            case GOOGLES_TOOLS -> googlesTools(value);
            case PLAIN -> plain(value, 0);
            case IMAGES -> images(value);
            case NOTHING -> json.skip(value);
        }
    }

    /** What a member of a request is to who counts it. */
    private enum Meaning {
        CONVERSATION,
        MESSAGE,
        INNER,
        CONTENT,
        REQUESTS,
        TOOLS,
        GOOGLES_TOOLS,
        PLAIN,
        IMAGES,
        NOTHING
    }

    private static Meaning meaning(PromptShape shape, String name) {
        return switch (shape) {
            case CHAT ->
                switch (name) {
                    case "messages" -> Meaning.CONVERSATION;
                    case "tools", "functions" -> Meaning.TOOLS;
                    default -> Meaning.NOTHING;
                };
            case RESPONSE ->
                switch (name) {
                    case "input", "instructions" -> Meaning.CONVERSATION;
                    case "tools" -> Meaning.TOOLS;
                    default -> Meaning.NOTHING;
                };
            case MESSAGES ->
                switch (name) {
                    case "messages", "system" -> Meaning.CONVERSATION;
                    case "tools" -> Meaning.TOOLS;
                    default -> Meaning.NOTHING;
                };
            case OLLAMA ->
                switch (name) {
                    case "messages", "prompt", "system" -> Meaning.CONVERSATION;
                    case "images" -> Meaning.IMAGES;
                    case "tools" -> Meaning.TOOLS;
                    default -> Meaning.NOTHING;
                };
            case CONTENTS ->
                switch (name) {
                    case "contents" -> Meaning.CONVERSATION;
                    case "systemInstruction", "system_instruction" -> Meaning.MESSAGE;
                    case "generateContentRequest", "generate_content_request" -> Meaning.INNER;
                    case "tools" -> Meaning.GOOGLES_TOOLS;
                    default -> Meaning.NOTHING;
                };
            case EMBED_CONTENT ->
                switch (name) {
                    case "content" -> Meaning.CONTENT;
                    case "requests" -> Meaning.REQUESTS;
                    default -> Meaning.NOTHING;
                };
            case COMPLETION -> name.equals("prompt") || name.equals("suffix") ? Meaning.PLAIN : Meaning.NOTHING;
            case EMBEDDING -> name.equals("input") || name.equals("prompt") ? Meaning.PLAIN : Meaning.NOTHING;
            case NONE -> Meaning.NOTHING;
        };
    }

    /** A list of messages, or the text of one, whose role is one token. */
    private void messages(Token value) throws IOException {
        if (value == Token.STRING) {
            overhead += PER_MESSAGE + 1;
            json.countInto(counter);
        } else if (value == Token.ARRAY) {
            for (Token t = json.next(); !t.closes(); t = json.next()) {
                overhead += PER_MESSAGE;
                part(t, true, 0);
            }
        } else {
            json.skip(value);
        }
    }

    private void message(Token value) throws IOException {
        overhead += PER_MESSAGE;
        part(value, true, 0);
    }

    /** A request that lies within the request. */
    private void inner(PromptShape shape, Token value) throws IOException {
        if (value != Token.OBJECT) {
            json.skip(value);
            return;
        }
        for (Token t = json.next(); t == Token.NAME; t = json.next()) {
            member(shape, json.name(), json.next());
        }
    }

    private void requests(Token value) throws IOException {
        if (value != Token.ARRAY) {
            json.skip(value);
            return;
        }
        for (Token t = json.next(); !t.closes(); t = json.next()) {
            inner(PromptShape.EMBED_CONTENT, t);
        }
    }

    /** Functions lie in lists within the list. */
    private void googlesTools(Token value) throws IOException {
        if (value != Token.ARRAY) {
            json.skip(value);
            return;
        }
        for (Token t = json.next(); !t.closes(); t = json.next()) {
            if (t != Token.OBJECT) {
                json.skip(t);
                continue;
            }
            for (Token m = json.next(); m == Token.NAME; m = json.next()) {
                boolean functions = json.name().equals("functionDeclarations")
                        || json.name().equals("function_declarations");
                Token list = json.next();
                if (functions) {
                    tools.read(list);
                } else {
                    json.skip(list);
                }
            }
        }
    }

    /** Whatever is text in there, names too. */
    private void free(Token value, int depth) throws IOException {
        if (value == Token.STRING) {
            json.countInto(counter);
        } else if (depth > DEEP) {
            json.skip(value);
        } else if (value == Token.ARRAY) {
            for (Token t = json.next(); !t.closes(); t = json.next()) {
                free(t, depth + 1);
            }
        } else if (value == Token.OBJECT) {
            for (Token t = json.next(); t == Token.NAME; t = json.next()) {
                counter.add(json.name());
                free(json.next(), depth + 1);
            }
        } else {
            overhead++;
        }
    }

    /** A message, or what lies within one. */
    private void part(Token value, boolean message, int depth) throws IOException {
        if (depth > DEEP) {
            json.skip(value);
        } else if (value == Token.ARRAY) {
            for (Token t = json.next(); !t.closes(); t = json.next()) {
                part(t, false, depth + 1);
            }
        } else if (value == Token.OBJECT) {
            members(message, depth);
        }
    }

    private void members(boolean message, int depth) throws IOException {
        boolean image = false;
        boolean small = false;
        boolean called = false;
        boolean source = false;
        for (Token t = json.next(); t == Token.NAME; t = json.next()) {
            Part part = partOf(json.name());
            Token value = json.next();
            boolean text = value == Token.STRING;
            switch (part) {
                case IMAGE -> {
                    image = true;
                    small |= value == Token.OBJECT && lowDetail();
                }
                case KIND -> called = text ? json.is("image") : skipped(value);
                case SOURCE -> source = !skipped(value);
                case FILE -> image |= value == Token.OBJECT ? imageFile() : skipped(value);
                case IMAGES -> images(value);
                case DETAIL -> small |= text ? json.text(WORD, counter).equals("low") : skipped(value);
                case NAME -> {
                    overhead += message && text ? PER_NAME : 0;
                    textOrSkip(value);
                }
                case TEXT -> textOrSkip(value);
                case EITHER -> textOrPart(value, depth);
                case HOLDER -> part(value, false, depth + 1);
                case FREE -> free(value, depth + 1);
                case NOTHING -> json.skip(value);
            }
        }
        overhead += image || called && source ? small ? SMALL_IMAGE : IMAGE : 0;
    }

    /** Whether a file of Google's says that it is one. */
    private boolean imageFile() throws IOException {
        boolean image = false;
        for (Token t = json.next(); t == Token.NAME; t = json.next()) {
            boolean type = json.name().equals("mimeType") || json.name().equals("mime_type");
            Token value = json.next();
            if (type && value == Token.STRING) {
                image = json.begins("image/");
            } else {
                json.skip(value);
            }
        }
        return image;
    }

    private void images(Token value) throws IOException {
        if (value != Token.ARRAY) {
            json.skip(value);
            return;
        }
        for (Token t = json.next(); !t.closes(); t = json.next()) {
            overhead += t == Token.STRING ? IMAGE : 0;
            json.skip(t);
        }
    }

    private static Part partOf(String name) {
        return switch (name) {
            case "role", "text", "arguments", "refusal", "reasoning_content", "input", "thinking" -> Part.TEXT;
            case "content", "output" -> Part.EITHER;
            case "tool_calls", "function", "function_call", "summary", "parts", "functionCall", "functionResponse" ->
                Part.HOLDER;
            case "args", "response" -> Part.FREE;
            case "image_url" -> Part.IMAGE;
            case "type" -> Part.KIND;
            case "source" -> Part.SOURCE;
            case "inlineData", "inline_data", "fileData", "file_data" -> Part.FILE;
            case "images" -> Part.IMAGES;
            case "detail" -> Part.DETAIL;
            case "name" -> Part.NAME;
            default -> Part.NOTHING;
        };
    }

    private void textOrSkip(Token value) throws IOException {
        if (value == Token.STRING) {
            json.countInto(counter);
        } else {
            json.skip(value);
        }
    }

    private void textOrPart(Token value, int depth) throws IOException {
        if (value == Token.STRING) {
            json.countInto(counter);
        } else {
            part(value, false, depth + 1);
        }
    }

    /** False, having passed over it. */
    private boolean skipped(Token value) throws IOException {
        json.skip(value);
        return false;
    }

    private boolean lowDetail() throws IOException {
        boolean low = false;
        for (Token t = json.next(); t == Token.NAME; t = json.next()) {
            boolean detail = json.name().equals("detail");
            Token value = json.next();
            if (detail && value == Token.STRING) {
                low = json.text(WORD, counter).equals("low");
            } else {
                json.skip(value);
            }
        }
        return low;
    }

    /** A text, several, or tokens by their numbers. */
    private void plain(Token value, int depth) throws IOException {
        switch (value) {
            case STRING -> json.countInto(counter);
            case NUMBER -> overhead++;
            case ARRAY -> {
                if (depth > DEEP) {
                    json.skip(value);
                    return;
                }
                for (Token t = json.next(); !t.closes(); t = json.next()) {
                    plain(t, depth + 1);
                }
            }
            case OBJECT, OBJECT_END, ARRAY_END, NAME, WORD, END -> json.skip(value);
        }
    }
}

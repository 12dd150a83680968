package io.llmproxy.domain.secret;

/** A secret's text; it prints as {@code ***} wherever it is printed by mistake. Held only in memory. */
public final class Secret {
    private final String text;

    public Secret(String text) {
        this.text = text;
    }

    /** The secret itself: for the header it belongs in, nowhere else. */
    public String reveal() {
        return text;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Secret other && text.equals(other.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}

package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be had, in the system's words and not in Java's. */
final class FileFault {
    private FileFault() {}

    static String why(IOException fault) {
        return switch (fault) {
            case NoSuchFileException missing -> "no such file or directory: " + missing.getFile();
            case AccessDeniedException denied -> "permission denied: " + denied.getFile();
            case FileSystemException other when other.getReason() != null -> other.getReason() + ": " + other.getFile();
            default -> fault.getMessage() == null ? fault.toString() : fault.getMessage();
        };
    }
}

import module java.base;

/// Takes out of a class file what only debuggers and compilers read: the names of local variables, and annotations that the
/// running program cannot see. Line numbers stay, for stack traces. All else is copied byte for byte, the code and its stack maps
/// among it, so that nothing is verified anew.
///
/// The source of the layout: the Java Virtual Machine Specification, chapter 4.
final class DebugNames {
    private static final Set<String> DROPPED = Set.of(
            "LocalVariableTable",
            "LocalVariableTypeTable",
            "RuntimeInvisibleAnnotations",
            "RuntimeInvisibleParameterAnnotations",
            "RuntimeInvisibleTypeAnnotations");
    private static final int BEFORE_CONSTANTS = 8;

    private final byte[] bytes;
    private final ByteBuffer in;
    private final Map<Integer, String> attributeNames = new HashMap<>();

    DebugNames(byte[] classFile) {
        bytes = classFile;
        in = ByteBuffer.wrap(classFile);
    }

    /// The class file without them.
    byte[] dropped() throws IOException {
        ByteArrayOutputStream bytesOut = new ByteArrayOutputStream(bytes.length);
        DataOutputStream out = new DataOutputStream(bytesOut);
        in.position(BEFORE_CONSTANTS);
        readConstants();
        skip(6); // access flags, this class, its superclass
        skip(2 * number()); // interfaces
        out.write(bytes, 0, in.position());
        members(out); // fields
        members(out); // methods
        attributes(out);
        if (in.hasRemaining()) {
            throw new IOException("a class file has " + in.remaining() + " bytes too many");
        }
        return bytesOut.toByteArray();
    }

    private void readConstants() {
        int count = number();
        for (int i = 1; i < count; i++) {
            int tag = in.get();
            switch (tag) {
                case 1 -> { // text
                    int length = number();
                    attributeNames.put(i, new String(bytes, in.position(), length, StandardCharsets.UTF_8));
                    skip(length);
                }
                case 3, 4, 9, 10, 11, 12, 17, 18 -> skip(4); // numbers, references, dynamic ones
                case 5, 6 -> { // long and double take two places
                    skip(8);
                    i++;
                }
                case 7, 8, 16, 19, 20 -> skip(2); // class, string, method type, module, package
                case 15 -> skip(3); // method handle
                default -> throw new IllegalStateException("a class file has a constant of the unknown kind " + tag);
            }
        }
    }

    private void members(DataOutputStream out) throws IOException {
        int count = number();
        out.writeShort(count);
        for (int i = 0; i < count; i++) {
            copy(6, out); // access flags, name, descriptor
            attributes(out);
        }
    }

    private void attributes(DataOutputStream out) throws IOException {
        int count = number();
        int kept = 0;
        ByteArrayOutputStream bytesOut = new ByteArrayOutputStream();
        DataOutputStream attributes = new DataOutputStream(bytesOut);
        for (int i = 0; i < count; i++) {
            int name = number();
            int length = in.getInt();
            if (DROPPED.contains(attributeNames.get(name))) {
                skip(length);
                continue;
            }
            kept++;
            attributes.writeShort(name);
            if ("Code".equals(attributeNames.get(name))) {
                byte[] code = code();
                attributes.writeInt(code.length);
                attributes.write(code);
            } else {
                attributes.writeInt(length);
                copy(length, attributes);
            }
        }
        out.writeShort(kept);
        bytesOut.writeTo(out);
    }

    private byte[] code() throws IOException {
        ByteArrayOutputStream bytesOut = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytesOut);
        copy(4, out); // the stack's depth, the number of local variables
        int length = in.getInt();
        out.writeInt(length);
        copy(length, out);
        int handlers = number();
        out.writeShort(handlers);
        copy(8 * handlers, out);
        attributes(out);
        return bytesOut.toByteArray();
    }

    private int number() {
        return Short.toUnsignedInt(in.getShort());
    }

    private void skip(int length) {
        in.position(in.position() + length);
    }

    private void copy(int length, DataOutputStream out) throws IOException {
        out.write(bytes, in.position(), length);
        skip(length);
    }
}

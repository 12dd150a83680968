/** Readers of the formats that pass through: JSON, multipart and event streams, over bytes, in bounded memory, without a tree. */
@NullMarked
package io.llmproxy.gateway.scan;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.llmproxy.bench;

import org.jspecify.annotations.NullMarked;

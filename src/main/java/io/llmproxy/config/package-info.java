/** The configuration file, environment and options: read once, validated whole, immutable. */
@NullMarked
package io.llmproxy.config;

import org.jspecify.annotations.NullMarked;

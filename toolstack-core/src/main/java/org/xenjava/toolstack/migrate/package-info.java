// SPDX-License-Identifier: Apache-2.0
/**
 * What an embedder gives and gets for a migration: the link to the other end, the way to ask the other host, the limits of
 * the waits.
 */
@NullMarked
package org.xenjava.toolstack.migrate;

import org.jspecify.annotations.NullMarked;

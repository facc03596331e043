"""The calls of each library that the comparison holds our answers to; each module runs where its library is installed.

A module has ANSWERS: by task, a function of a model's folder that gives the call: `(inputs, parameters, keywords) ->
answer`. `parameters` are ours, by our names; how the library spells each, where by another name, is written there once.
`keywords` are the library's own: what its call is given where `parameters` say nothing.
"""

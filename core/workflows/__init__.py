"""One function a user intention, session first.

From a notebook, with `session` of `db.session.open_session(Settings())`; whoever opens the session commits. What is
listed is done by pages and commands with the same functions.

Projects
    core.workflows.projects.create_project                   a new one from a template
    core.workflows.projects.get_project_id                   one that is there, by name
    core.workflows.projects.add_entity_type                  and add_relation_label, set_guideline, delete_project

Data in
    core.workflows.data_in.ingest.import_text                a text
    core.workflows.data_in.ingest.import_file                a file of any format, with ImportOptions
    core.workflows.data_in.fetch.fetch_into_project          articles of PubMed and PMC, by id

Predict
    core.workflows.prediction.predict.predict_project        all that waits; model_cache.ModelCache keeps models loaded

Look
    db.queries.browse.list_sentences                         a page of those that SentenceFilter takes
    db.queries.annotations.get_sentence_views                sentences with their mentions and relations
    core.workflows.overview.describe_project                 how far curation is: counts, balance, activity, agreement

Decide
    core.workflows.curation.curate.apply_sentence_event      accept, reject, add, change or delete, on one sentence
    core.workflows.curation.curate.apply_sentence_batch      accept or reject many as one step
    core.workflows.curation.curate.apply_synthetic_event     the same for a synthetic sentence
    core.workflows.curation.decision_file.apply_decisions    many decisions of a table
    core.workflows.curation.undo.undo                        take the last step back

Train and generate
    core.jobs.here.run_here                                  here and now; to_json() of RetrainParams, GenerateParams
    core.jobs.client.enqueue                                 the same by a worker, in the background
    core.workflows.model_library.promote.promote             a trained model is what the project predicts with

Data out
    core.workflows.data_out.export.export_to_path            a file in a format, and what it could not hold
    core.workflows.data_out.export.export_project            the same as bytes
    core.workflows.data_out.export.build_corpus              the same as `core.domain` values
    core.workflows.data_out.snapshot.create_snapshot         the data as it is now, for good, with its card
    core.workflows.data_out.snapshot_export.export_snapshot  in a format; snapshot_files.write_files stores it
    core.workflows.data_out.snapshot_diff.diff_snapshots     what is different between two
"""
